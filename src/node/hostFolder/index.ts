/** A folder of the host as the guest's /mnt: its files and folders, and nothing that lies elsewhere. */
import type { BigIntStats } from "node:fs";
import { type FileHandle, lstat, realpath, statfs } from "node:fs/promises";
import { FileError } from "../../share/errors.ts";
import type { ServedNode, Space } from "../../share/node.ts";
import { asFileError } from "./errors.ts";
import { type HostHome, HostNode, identityOf, isOffered } from "./node.ts";
import { type Folders, hasDescriptorPaths, openFolders, type Place } from "./place.ts";

export interface HostFolderOptions {
  /** Looks at each folder's path before it is used, as where the system can't do better. */
  checkPaths?: boolean;
}

/**
 * What the guest makes there is the user's, with the user's own permissions. Links, devices, pipes and sockets in it are not
 * shown; the guest makes none, changes no permissions and owners, and writes to no file that has a second name.
 */
export class HostFolder implements HostHome {
  readonly #folders: Folders;
  readonly #nodes = new Map<string, HostNode>();
  /** What the guest mounts. */
  readonly root: ServedNode;
  #last: Promise<unknown> = Promise.resolve();
  readonly handles = new Set<FileHandle>();
  #paths = 0;
  #isClosed = false;

  private constructor(folders: Folders, stats: BigIntStats) {
    this.#folders = folders;
    this.root = this.#add(stats, undefined, "");
  }

  /** @param dir a folder. @throws what node:fs throws when it can't be read @throws FileError ENOTDIR */
  static async open(dir: string, { checkPaths = false }: HostFolderOptions = {}): Promise<HostFolder> {
    const path = await realpath(dir);
    const stats = await lstat(path, { bigint: true });
    if (!stats.isDirectory()) throw new FileError("ENOTDIR", `${dir} is no folder`);
    const how = !checkPaths && (await hasDescriptorPaths(path)) ? "opened" : "checked";
    return new HostFolder(await openFolders(path, how), stats);
  }

  /** Ends what was begun, and reads and writes nothing any more. */
  async close(): Promise<void> {
    await this.run(async () => {
      await Promise.all(Array.from(this.handles, (handle) => handle.close()));
      await this.#folders.close();
      this.#isClosed = true;
    });
  }

  run<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last
      .then(() => {
        if (this.#isClosed) throw new FileError("EIO", "The folder is no longer shared");
        return work();
      })
      .catch((error: unknown) => {
        throw asFileError(error);
      });
    this.#last = result.catch(() => {});
    return result;
  }

  within<Result>(place: Place, work: (path: string) => Promise<Result>): Promise<Result> {
    return this.#folders.within(place, work);
  }

  nodeOf(stats: BigIntStats, parent: HostNode, name: string): HostNode {
    if (!isOffered(stats)) throw new FileError("ENOENT", `There is no ${JSON.stringify(name)}`);
    const known = this.#nodes.get(identityOf(stats));
    if (known === undefined) return this.#add(stats, parent, name);
    // The shared folder itself has no place in itself, even where the host has mounted it there once more.
    if (known !== this.root) [known.parent, known.name] = [parent, name];
    return known;
  }

  forget(node: HostNode): void {
    this.#nodes.delete(node.identity);
  }

  space(): Promise<Space> {
    return this.within({ parent: undefined, name: "" }, async (path) => {
      const { bsize, blocks, bavail, files, ffree } = await statfs(path);
      return { bytes: blocks * bsize, freeBytes: bavail * bsize, files, freeFiles: ffree };
    });
  }

  #add(stats: BigIntStats, parent: HostNode | undefined, name: string): HostNode {
    const node = new HostNode(this, ++this.#paths, stats, parent, name);
    this.#nodes.set(node.identity, node);
    return node;
  }
}
