/** A file or folder of the host, as the guest sees it. */
import type { BigIntStats, Dirent } from "node:fs";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { FileError } from "../../share/errors.ts";
import {
  type AttributeChange,
  type Attributes,
  type FolderEntry,
  type NodeKind,
  type Owner,
  ServedNode,
  type Space,
} from "../../share/node.ts";
import { asFileError } from "./errors.ts";
import { checkHostName } from "./names.ts";
import { NO_FOLLOW, type Place } from "./place.ts";

/** Of what a guest makes: the user's umask takes from it, and what the guest asks for is not heard. */
const FILE_MODE = 0o666;
const FOLDER_MODE = 0o777;
const PERMISSIONS = 0o777n;

/** At once, so that the guest can't use up what this process needs for its TPM's state. */
const MOST_OPEN = 128;

/** What a node needs of the folder that is shared. */
export interface HostHome {
  /** One operation after the other; the host's errors become the guest's. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
  within<Result>(place: Place, work: (path: string) => Promise<Result>): Promise<Result>;
  /** The node of a file or folder that was just seen in `parent` under `name`. @throws FileError ENOENT for anything else */
  nodeOf(stats: BigIntStats, parent: HostNode, name: string): HostNode;
  /** The node has lost its name to the guest. */
  forget(node: HostNode): void;
  space(): Promise<Space>;
  /** What the guest has open. */
  readonly handles: Set<FileHandle>;
}

export class HostNode extends ServedNode implements Place {
  readonly #home: HostHome;
  readonly path: number;
  readonly kind: Exclude<NodeKind, "link">;
  /** Of the file itself, whatever its name. */
  readonly identity: string;
  parent: HostNode | undefined;
  name: string;
  /** While the guest has the file open, which it may have without a name. */
  #handle: FileHandle | undefined;
  #isWritable = false;
  #opens = 0;

  constructor(home: HostHome, path: number, stats: BigIntStats, parent: HostNode | undefined, name: string) {
    super();
    this.#home = home;
    this.path = path;
    this.kind = stats.isDirectory() ? "directory" : "file";
    this.identity = identityOf(stats);
    this.parent = parent;
    this.name = name;
  }

  attributes(): Promise<Attributes> {
    return this.#home.run(async () => this.#attributes(await this.#stats()));
  }

  override lookup(name: string): Promise<ServedNode> {
    return this.#home.run(async () => {
      this.#asFolder();
      if (name === "..") return this.parent ?? this;
      return this.#home.nodeOf(await this.#entry(name), this, name);
    });
  }

  override entries(): Promise<FolderEntry[]> {
    return this.#home.run(() => {
      this.#asFolder();
      return this.#home.within(this, async (path) => {
        const entries: FolderEntry[] = [];
        for (const entry of await readdir(path, { withFileTypes: true })) {
          const stats = isOffered(entry) ? await lstatOf(`${path}/${entry.name}`) : undefined;
          // Gone meanwhile, or with a name that is no text.
          if (stats === undefined || !isOffered(stats)) continue;
          entries.push({ name: entry.name, node: this.#home.nodeOf(stats, this, entry.name) });
        }
        return entries;
      });
    });
  }

  override space(): Promise<Space> {
    return this.#home.run(() => this.#home.space());
  }

  override open(_signal: AbortSignal, write: boolean): Promise<void> {
    return this.#home.run(async () => {
      if (this.kind === "directory") return;
      if (this.#handle === undefined || (write && !this.#isWritable)) {
        if (this.#home.handles.size >= MOST_OPEN) {
          throw new FileError("ENFILE", `The guest has ${MOST_OPEN} files of the host open: no more at once`);
        }
        const handle = await this.#openFile(write);
        await this.#drop();
        [this.#handle, this.#isWritable] = [handle, write];
        this.#home.handles.add(handle);
      }
      this.#opens++;
    });
  }

  override close(): Promise<void> {
    return this.#home.run(async () => {
      if (this.#opens > 0 && --this.#opens === 0) await this.#drop();
    });
  }

  override read(offset: number, count: number): Promise<Uint8Array> {
    return this.#home.run(async () => {
      if (this.kind !== "file") return super.read(offset, count);
      return this.#withFile(false, async (handle) => {
        const { bytesRead, buffer } = await handle.read(new Uint8Array(count), 0, count, offset);
        return buffer.subarray(0, bytesRead);
      });
    });
  }

  override write(offset: number, data: Uint8Array): Promise<void> {
    return this.#home.run(async () => {
      if (this.kind !== "file") throw new FileError("EISDIR", "Only a file has content");
      await this.#withFile(true, async (handle) => {
        for (let done = 0; done < data.length; ) {
          done += (await handle.write(data, done, data.length - done, offset + done)).bytesWritten;
        }
      });
    });
  }

  override set({ mode, uid, gid, size, modified }: AttributeChange): Promise<void> {
    return this.#home.run(async () => {
      const now = this.#attributes(await this.#stats());
      if ((mode ?? now.mode) !== now.mode) throw new FileError("EPERM", "Permissions are the host's own");
      if ((uid ?? now.uid) !== now.uid || (gid ?? now.gid) !== now.gid) {
        throw new FileError("EPERM", "Owners are the host's own");
      }
      if (size !== undefined) {
        if (this.kind !== "file") throw new FileError("EISDIR", "Only a file has a size");
        await this.#withFile(true, (handle) => handle.truncate(size));
      }
      if (modified === undefined) return;
      const time = modified === true ? Date.now() / 1000 : modified / 1000;
      await this.#withFile(false, async (handle) => {
        if (this.kind === "file") await this.#hasOneName(handle);
        await handle.utimes(time, time);
      });
    });
  }

  override create(name: string, kind: NodeKind, _owner: Owner): Promise<ServedNode> {
    return this.#home.run(async () => {
      this.#asFolder();
      checkHostName(name);
      if (kind === "link") throw new FileError("EPERM", "Links can't be made in a folder of the host");
      return this.#home.within(this, async (path) => {
        const made = `${path}/${name}`;
        if (kind === "directory") await mkdir(made, FOLDER_MODE);
        else await (await open(made, MAKE, FILE_MODE)).close();
        return this.#home.nodeOf(await lstat(made, { bigint: true }), this, name);
      });
    });
  }

  override async link(): Promise<void> {
    throw new FileError("EPERM", "Links can't be made in a folder of the host");
  }

  override unlink(name: string, folder: boolean): Promise<void> {
    return this.#home.run(async () => {
      this.#asFolder();
      const node = this.#home.nodeOf(await this.#entry(name), this, name);
      if (folder && node.kind !== "directory") throw new FileError("ENOTDIR", `${name} is no folder`);
      if (!folder && node.kind === "directory") throw new FileError("EISDIR", `${name} is a folder`);
      await this.#home.within(this, (path) => (folder ? rmdir : unlink)(`${path}/${name}`));
      this.#home.forget(node);
    });
  }

  override rename(name: string, to: ServedNode, newName: string): Promise<void> {
    return this.#home.run(async () => {
      if (!(to instanceof HostNode) || to.#home !== this.#home) {
        throw new FileError("EXDEV", "The other folder is not part of this one");
      }
      this.#asFolder();
      to.#asFolder();
      checkHostName(newName);
      const node = this.#home.nodeOf(await this.#entry(name), this, name);
      const there = await this.#home.within(to, (path) => lstatOf(`${path}/${newName}`));
      if (there !== undefined && !isOffered(there)) throw hidden(newName);
      const replaced = there === undefined ? undefined : this.#home.nodeOf(there, to, newName);
      if (replaced === node) return;
      await this.#home.within(this, (from) =>
        this.#home.within(to, (path) => rename(`${from}/${name}`, `${path}/${newName}`)),
      );
      if (replaced !== undefined) this.#home.forget(replaced);
      [node.parent, node.name] = [to, newName];
    });
  }

  override sync(): Promise<void> {
    return this.#home.run(() => this.#withFile(false, (handle) => handle.sync()));
  }

  /** Closes what the guest has open. */
  async #drop(): Promise<void> {
    if (this.#handle === undefined) return;
    const handle = this.#handle;
    this.#handle = undefined;
    this.#home.handles.delete(handle);
    await handle.close();
  }

  async #withFile<Result>(write: boolean, work: (handle: FileHandle) => Promise<Result>): Promise<Result> {
    if (this.#handle !== undefined && (this.#isWritable || !write)) {
      if (write) await this.#hasOneName(this.#handle);
      return work(this.#handle);
    }
    const handle = await this.#openFile(write);
    try {
      return await work(handle);
    } finally {
      await handle.close();
    }
  }

  /** @throws FileError ENOENT when there is another file of that name now */
  async #openFile(write: boolean): Promise<FileHandle> {
    await this.#stats();
    const flags = (write ? constants.O_RDWR : constants.O_RDONLY) | NO_FOLLOW;
    const handle = await this.#at((path) => open(path, flags));
    try {
      if (identityOf(await handle.stat({ bigint: true })) !== this.identity) throw gone();
      if (write) await this.#hasOneName(handle);
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** The other name of a file may lie outside of the folder. */
  async #hasOneName(handle: FileHandle): Promise<void> {
    const { nlink } = await handle.stat();
    if (nlink > 1) throw new FileError("EPERM", `The file has ${nlink} names (hard links): it can only be read`);
  }

  async #stats(): Promise<BigIntStats> {
    if (this.#handle !== undefined) return this.#handle.stat({ bigint: true });
    const stats = await this.#at((path) => lstat(path, { bigint: true }));
    // A number may be used again at once, for a link too.
    if (!isOffered(stats) || identityOf(stats) !== this.identity) throw gone();
    return stats;
  }

  #attributes({ mode, nlink, size, mtimeMs, ctimeMs }: BigIntStats): Attributes {
    const isFile = this.kind === "file";
    return {
      kind: this.kind,
      mode: Number(mode & PERMISSIONS),
      uid: 0,
      gid: 0,
      links: isFile ? Number(nlink) : 1,
      size: isFile ? Number(size) : 0,
      modified: Number(mtimeMs),
      changed: Number(ctimeMs),
    };
  }

  /** Calls `work` with a path of this node. */
  #at<Result>(work: (path: string) => Promise<Result>): Promise<Result> {
    const { parent, name } = this;
    if (parent === undefined) return this.#home.within(this, (path) => work(`${path}/.`));
    return this.#home.within(parent, (path) => work(`${path}/${name}`));
  }

  /** @throws FileError ENOENT for what is not there, and for links, devices and the like, which are not offered */
  async #entry(name: string): Promise<BigIntStats> {
    checkHostName(name);
    const stats = await this.#home.within(this, (path) => lstatOf(`${path}/${name}`));
    if (stats === undefined || !isOffered(stats)) throw new FileError("ENOENT", `There is no ${JSON.stringify(name)}`);
    return stats;
  }

  #asFolder(): void {
    if (this.kind !== "directory") throw new FileError("ENOTDIR", "Only a folder has entries");
  }
}

const MAKE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW;

/** The same for all names of a file, and for nothing else that is there at the same time. */
export function identityOf(stats: BigIntStats): string {
  return `${stats.dev}:${stats.ino}:${stats.isDirectory() ? "folder" : "file"}`;
}

/** Files and folders: what lies elsewhere, or does something when it is opened, is not the guest's. */
export function isOffered(entry: BigIntStats | Dirent): boolean {
  return entry.isFile() || entry.isDirectory();
}

/** @returns undefined when there is nothing of that name */
async function lstatOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    const { code } = asFileError(error);
    // A listed name that is no text may be too long as the text that node:fs makes of it.
    if (code === "ENOENT" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

function gone(): FileError {
  return new FileError("ENOENT", "The file is gone");
}

function hidden(name: string): FileError {
  return new FileError("EEXIST", `${name} is a link or a device on the host, which the guest does not see`);
}
