/**
 * Files that are of use only together: a folder that is there with all of them, or not at all. It is filled under a
 * random name beside its place, synced, and renamed; several processes may try that at once.
 */
import { basename, dirname, join } from "node:path";
import { createFile, discard, makeFolder, syncFolder, temporaryFor, temporaryName } from "./durableFile.ts";
import { errorCode } from "./fileErrors.ts";
import { type FileSystem, nodeFileSystem } from "./fileSystem.ts";

export interface FolderFile {
  name: string;
  content: Uint8Array;
  /** Permissions, before the umask takes its part. */
  createMode: number;
}

/** How often others may take the unfinished folder for one that a crash left. */
const MOST_TRIES = 10;

/**
 * Makes a folder with these files; its parents too.
 * @throws errors of the file system. Nothing is left then, unless it is the last step that failed: the sync after which
 * the folder would be durable.
 */
export async function createFolder(
  path: string,
  files: readonly FolderFile[],
  fs: FileSystem = nodeFileSystem,
): Promise<void> {
  await makeFolder(fs, dirname(path));
  for (let tries = 1; ; tries++) {
    try {
      await fillAndRename(path, files, fs);
      break;
    } catch (error) {
      if (errorCode(error) !== "ENOENT" || tries === MOST_TRIES) throw error;
    }
  }
  await syncFolder(fs, dirname(path));
}

async function fillAndRename(path: string, files: readonly FolderFile[], fs: FileSystem): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await fs.mkdir(temporary, { mode: 0o700 });
    for (const { name, content, createMode } of files) {
      await createFile(fs, join(temporary, name), content, { createMode });
    }
    await syncFolder(fs, temporary);
    await fs.rename(temporary, path);
  } catch (error) {
    await removeFolder(
      temporary,
      files.map(({ name }) => name),
      fs,
    );
    throw error;
  }
}

/**
 * Removes what crashes left of a folder with files of these names. Who is just about to make one starts anew. Never
 * fails: what can't be removed is in nobody's way.
 */
export async function removeUnfinishedFolders(
  path: string,
  names: readonly string[],
  fs: FileSystem = nodeFileSystem,
): Promise<void> {
  const parent = dirname(path);
  const entries = await fs.readdir(parent).catch(() => []);
  for (const entry of entries.filter((name) => temporaryFor(name) === basename(path))) {
    // First to a name that its maker does not know: with half of its files gone it must not get to its place.
    const doomed = temporaryName(path);
    try {
      if (!(await fs.lstat(join(parent, entry))).isDirectory()) continue;
      await fs.rename(join(parent, entry), doomed);
      await removeFolder(doomed, names, fs);
    } catch {
      // Gone already, or somebody else's.
    }
  }
}

/** Removes a folder that has no other files than these. Never fails. */
async function removeFolder(path: string, names: readonly string[], fs: FileSystem): Promise<void> {
  for (const name of names) await discard(fs, join(path, name));
  await fs.rmdir(path).catch(() => {});
}

/** Makes a folder and its parents, durably, where it is not there yet; its owner's alone. @throws errors of the file system */
export const ensureFolder = (path: string, fs: FileSystem = nodeFileSystem): Promise<void> => makeFolder(fs, path);

/** Makes an empty folder, its owner's alone, durably. @throws errors of the file system: EEXIST where something is there. */
export async function createEmptyFolder(path: string, fs: FileSystem = nodeFileSystem): Promise<void> {
  await fs.mkdir(path, { mode: 0o700 });
  await syncFolder(fs, dirname(path));
}

/** Moves a folder as a whole, durably; the parent of its new place is made. @throws errors of the file system */
export async function moveFolder(from: string, to: string, fs: FileSystem = nodeFileSystem): Promise<void> {
  await makeFolder(fs, dirname(to));
  await fs.rename(from, to);
  await syncFolder(fs, dirname(to));
  await syncFolder(fs, dirname(from));
}
