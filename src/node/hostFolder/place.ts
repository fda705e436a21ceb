/** Where a file of a shared folder lies, and how it is reached without leaving the folder. */
import { constants } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { join } from "node:path";
import { FileError } from "../../share/errors.ts";

/** Absent on Windows, where the checks of {@link Folders} stand alone. */
const { O_NOFOLLOW = 0, O_DIRECTORY = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
export const NO_FOLLOW = O_NOFOLLOW | O_NONBLOCK;
const OPEN_FOLDER = constants.O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
/** Folders in each other: what no user has, and what ends a walk that would never end. */
const DEEPEST = 500;

/** A file's or folder's name and the folder that it is in; only the shared folder itself has none. */
export interface Place {
  parent: Place | undefined;
  name: string;
}

/** The names from the shared folder on. @throws FileError ELOOP */
function namesOf(place: Place): string[] {
  const names: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) {
    names.unshift(at.name);
    if (names.length > DEEPEST) throw new FileError("ELOOP", `Folders lie more than ${DEEPEST} deep`);
  }
  return names;
}

/** Reaches the folders below one folder. */
export interface Folders {
  /**
   * Calls `work` with a path that stands for a folder while it runs. A name appended to it is one in that folder, whatever
   * happens to the folder's own name meanwhile.
   * @throws FileError, or what node:fs throws, when a name on the way is gone or no folder
   */
  within<Result>(place: Place, work: (path: string) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/**
 * Linux: each folder on the way is opened in the one before, and no link is followed, so that nobody who moves things on the
 * host at the same time can lead a walk out of the folder.
 */
class OpenedFolders implements Folders {
  readonly #root: FileHandle;

  constructor(root: FileHandle) {
    this.#root = root;
  }

  async within<Result>(place: Place, work: (path: string) => Promise<Result>): Promise<Result> {
    let handle = this.#root;
    try {
      for (const name of namesOf(place)) {
        const next = await open(`${pathOf(handle)}/${name}`, OPEN_FOLDER);
        if (handle !== this.#root) await handle.close();
        handle = next;
      }
      return await work(pathOf(handle));
    } finally {
      if (handle !== this.#root) await handle.close();
    }
  }

  close(): Promise<void> {
    return this.#root.close();
  }
}

/** The kernel's own way to what a descriptor stands for. */
const pathOf = ({ fd }: FileHandle) => `/proc/self/fd/${fd}`;

/** Elsewhere: every name on the way is looked at before it is gone through. */
class CheckedFolders implements Folders {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  async within<Result>(place: Place, work: (path: string) => Promise<Result>): Promise<Result> {
    let path = this.#root;
    for (const name of namesOf(place)) {
      path = join(path, name);
      if (!(await lstat(path)).isDirectory()) throw new FileError("ENOTDIR", `${path} is no folder`);
    }
    return work(path);
  }

  async close(): Promise<void> {}
}

/**
 * @param root path of the shared folder, without a link in it
 * @param how "checked" where descriptors have no paths
 */
export async function openFolders(root: string, how: "opened" | "checked"): Promise<Folders> {
  return how === "checked" ? new CheckedFolders(root) : new OpenedFolders(await open(root, OPEN_FOLDER));
}

/** @returns whether this host has what {@link openFolders} needs for "opened" */
export async function hasDescriptorPaths(root: string): Promise<boolean> {
  if (process.platform !== "linux") return false;
  const handle = await open(root, OPEN_FOLDER);
  try {
    const [there, own] = [await lstat(`${pathOf(handle)}/.`), await handle.stat()];
    return there.ino === own.ino && there.dev === own.dev;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}
