/**
 * A disk in memory, as POSIX has it and no better: what was not synced may be lost with the power, in any mixture and
 * order, each sector for itself, and torn within a sector. Processes that use it can be made to fail at any system call,
 * or killed there.
 */
import { constants } from "node:fs";
import type { FileHandle, FileStats, FileSystem } from "../fileSystem.ts";

interface File {
  kind: "file";
  /** What processes see; never changed, only replaced by another array. */
  data: Uint8Array;
  /** What outlives a power cut for certain, and what came after it: each of its sectors may be there as well. */
  synced: Uint8Array;
  since: Uint8Array[];
  mode: number;
  mtimeMs: number;
  ino: number;
}
interface Folder {
  kind: "folder";
  names: Map<string, Node>;
  synced: Map<string, Node>;
}
interface Link {
  kind: "link";
  target: string;
}
type Node = File | Folder | Link;

const NOTHING = new Uint8Array(0);
export const SECTOR = 512;
const MOST_LINKS = 8;
const UMASK = 0o022;

export interface SystemCall {
  /** Counts from 0, in each process. */
  index: number;
  name: string;
  path: string;
  flags: number;
}

/**
 * What becomes of a system call: nothing is wrong, an error before it has any effect (a write has half of it), an error
 * although it took place (a network that lost the answer), or the process is killed before it.
 */
export type Fault = undefined | string | { code: string; after: true } | "kill";

export interface DiskProcessOptions {
  fault?: (call: SystemCall) => Fault;
  /** Before each system call: whose turn it is. */
  turn?: () => Promise<void>;
  /** What one write writes at most. */
  mostBytes?: number;
}

export class Disk {
  readonly #root: Folder = newFolder();
  /** Of the files that are written from now on. */
  now = 0;
  /** Processes end with the power. */
  #boots = 0;
  #files = 0;

  constructor(...folders: string[]) {
    for (const path of folders) this.makeFolder(path);
  }

  /** @returns a process's view, and what it has called. */
  process(options: DiskProcessOptions = {}): DiskProcess {
    return new DiskProcess(this, options);
  }

  get boots(): number {
    return this.#boots;
  }

  /** Everything below has been there for long: it is synced. */
  makeFolder(path: string): void {
    this.#put(path, newFolder());
  }

  write(path: string, data: Uint8Array, mtimeMs = this.now): void {
    this.#put(path, { ...this.newFile(0o600), data, synced: data, mtimeMs });
  }

  newFile(mode: number): File {
    return { kind: "file", data: NOTHING, synced: NOTHING, since: [], mode, mtimeMs: this.now, ino: ++this.#files };
  }

  symlink(target: string, path: string): void {
    this.#put(path, { kind: "link", target });
  }

  remove(path: string): void {
    const { folder, name } = this.locate(path, false);
    folder.names.delete(name);
    folder.synced.delete(name);
  }

  read(path: string): Uint8Array | null {
    const node = this.find(path);
    return node?.kind === "file" ? node.data : null;
  }

  mode(path: string): number | null {
    const node = this.find(path);
    return node?.kind === "file" ? node.mode : null;
  }

  /** Names in a folder, sorted. */
  list(path: string): string[] {
    const node = this.find(path);
    return node?.kind === "folder" ? [...node.names.keys()].sort() : [];
  }

  /** All files of the disk: path and content. */
  *files(folder: Folder = this.#root, path = ""): Generator<[path: string, data: Uint8Array]> {
    for (const [name, node] of folder.names) {
      if (node.kind === "file") yield [`${path}/${name}`, node.data];
      if (node.kind === "folder") yield* this.files(node, `${path}/${name}`);
    }
  }

  /**
   * The power fails and comes back. Of each name and each sector that was not synced, an old state is there or the new.
   * @param choose says which: 0 to n - 1.
   */
  powerCut(choose: (n: number) => number): void {
    this.#boots++;
    settle(this.#root, choose, new Set());
  }

  /** Undefined when there is nothing. Follows links. */
  find(path: string): Node | undefined {
    try {
      const { folder, name } = this.locate(path, true);
      return name === "" ? folder : folder.names.get(name);
    } catch {
      return undefined;
    }
  }

  /** The folder that has the path's last name. @param follows also a link of that name. */
  locate(path: string, follows: boolean, links = 0): { folder: Folder; name: string } {
    if (links > MOST_LINKS) throw failure("ELOOP", path);
    const parts = path.split("/").filter((part) => part !== "");
    const name = parts.pop() ?? "";
    let folder = this.#root;
    for (const [i, part] of parts.entries()) {
      let node = folder.names.get(part);
      if (node?.kind === "link") {
        const there = this.locate(absolute(parts.slice(0, i), node.target), true, links + 1);
        node = there.folder.names.get(there.name);
      }
      if (node === undefined) throw failure("ENOENT", path);
      if (node.kind !== "folder") throw failure("ENOTDIR", path);
      folder = node;
    }
    const last = folder.names.get(name);
    if (follows && last?.kind === "link") return this.locate(absolute(parts, last.target), true, links + 1);
    return { folder, name };
  }

  #put(path: string, node: Node): void {
    const { folder, name } = this.locate(path, false);
    folder.names.set(name, node);
    folder.synced.set(name, node);
  }
}

/** One process on a {@link Disk}: once it is killed, nothing that it waits for ever settles. */
export class DiskProcess implements FileSystem {
  readonly calls: SystemCall[] = [];
  /** Resolves when it is killed. */
  readonly died: Promise<void>;
  noFollow: number = constants.O_NOFOLLOW;
  syncsFolders = true;
  replacesOpenFiles = true;
  /** Files and folders that it has open. */
  openHandles = 0;
  readonly #disk: Disk;
  readonly #options: DiskProcessOptions;
  readonly #boot: number;
  #die!: () => void;
  #isDead = false;

  constructor(disk: Disk, options: DiskProcessOptions) {
    this.#disk = disk;
    this.#options = options;
    this.#boot = disk.boots;
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  open(path: string, flags: number, mode = 0o666): Promise<FileHandle> {
    return this.call("open", path, flags, () => {
      const isNew = (flags & constants.O_CREAT) !== 0;
      const isExclusive = isNew && (flags & constants.O_EXCL) !== 0;
      const refusesLinks = (flags & constants.O_NOFOLLOW) !== 0;
      const own = this.#disk.locate(path, false);
      const isLink = own.folder.names.get(own.name)?.kind === "link";
      if (isLink && !isExclusive && refusesLinks) throw failure("ELOOP", path);
      const { folder, name } = isExclusive ? own : this.#disk.locate(path, true);
      let node = name === "" ? folder : folder.names.get(name);
      if (isExclusive && node) throw failure("EEXIST", path);
      if (!node) {
        if (!isNew) throw failure("ENOENT", path);
        node = this.#disk.newFile(mode & ~UMASK);
        folder.names.set(name, node);
      }
      const writes = (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0;
      if (node.kind === "folder" && writes) throw failure("EISDIR", path);
      if (node.kind === "file" && (flags & constants.O_TRUNC) !== 0) this.#change(node, NOTHING);
      this.openHandles++;
      return this.#handle(node, path);
    });
  }

  #handle(node: Node, path: string): FileHandle {
    const file = () => {
      if (node.kind !== "file") throw failure("EISDIR", path);
      return node;
    };
    return {
      readFile: () => this.call("read", path, 0, () => file().data.slice()),
      writeFile: (data) => {
        const write = (size: number) => {
          this.#change(file(), new Uint8Array(data.subarray(0, size)));
        };
        return this.call(
          "write",
          path,
          0,
          () => write(data.length),
          () => write(data.length >> 1),
        );
      },
      writeNow: (data, position) => {
        const write = (size: number) => {
          const { data: before } = file();
          const after = new Uint8Array(Math.max(before.length, position + size));
          after.set(before);
          after.set(data.subarray(0, size), position);
          this.#change(file(), after);
          return size;
        };
        const size = Math.min(data.length, this.#options.mostBytes ?? data.length);
        return this.callNow(
          "write",
          path,
          0,
          () => write(size),
          () => write(size >> 1),
        );
      },
      chmod: (mode) =>
        this.call("chmod", path, 0, () => {
          file().mode = mode;
        }),
      stat: () => this.call("fstat", path, 0, () => this.#stats(node)),
      sync: () => this.call("sync", path, 0, () => settled(node)),
      datasync: () => this.call("datasync", path, 0, () => settled(node)),
      close: () => {
        this.openHandles--;
        return this.call("close", path, 0, () => {});
      },
    };
  }

  #change(file: File, data: Uint8Array): void {
    file.data = data;
    file.since.push(data);
    file.mtimeMs = this.#disk.now;
  }

  link(existing: string, path: string): Promise<void> {
    return this.call("link", path, 0, () => {
      const node = this.#existing(existing);
      const { folder, name } = this.#disk.locate(path, false);
      if (folder.names.has(name)) throw failure("EEXIST", path);
      folder.names.set(name, node);
    });
  }

  lstat(path: string): Promise<FileStats> {
    return this.call("lstat", path, 0, () => this.#stats(this.#existing(path)));
  }

  lstatNow(path: string): FileStats {
    return this.callNow("lstat", path, 0, () => this.#stats(this.#existing(path)));
  }

  mkdir(path: string, { recursive = false }: { recursive?: boolean; mode: number }): Promise<string | undefined> {
    return this.call("mkdir", path, 0, () => {
      if (this.#disk.find(path)?.kind === "folder" && recursive) return undefined;
      const parts = path.split("/").filter((part) => part !== "");
      let first: string | undefined;
      for (let depth = recursive ? 1 : parts.length; depth <= parts.length; depth++) {
        const prefix = `/${parts.slice(0, depth).join("/")}`;
        const known = this.#disk.find(prefix);
        if (known?.kind === "folder" && recursive) continue;
        const { folder, name } = this.#disk.locate(prefix, false);
        if (folder.names.has(name)) throw failure("EEXIST", path);
        folder.names.set(name, newFolder());
        first ??= prefix;
      }
      return first;
    });
  }

  readdir(path: string): Promise<string[]> {
    return this.call("readdir", path, 0, () => this.#names(path));
  }

  readdirNow(path: string): string[] {
    return this.callNow("readdir", path, 0, () => this.#names(path));
  }

  #names(path: string): string[] {
    const node = this.#disk.find(path);
    if (!node) throw failure("ENOENT", path);
    if (node.kind !== "folder") throw failure("ENOTDIR", path);
    return [...node.names.keys()];
  }

  rename(from: string, to: string): Promise<void> {
    return this.call("rename", to, 0, () => {
      const node = this.#existing(from);
      const [source, target] = [this.#disk.locate(from, false), this.#disk.locate(to, false)];
      const old = target.folder.names.get(target.name);
      if (old?.kind === "folder" && old.names.size > 0) throw failure("ENOTEMPTY", to);
      if (node.kind === "folder" && old && old.kind !== "folder") throw failure("ENOTDIR", to);
      if (node.kind !== "folder" && old?.kind === "folder") throw failure("EISDIR", to);
      source.folder.names.delete(source.name);
      target.folder.names.set(target.name, node);
    });
  }

  rmdir(path: string): Promise<void> {
    return this.call("rmdir", path, 0, () => {
      const node = this.#existing(path);
      if (node.kind !== "folder") throw failure("ENOTDIR", path);
      if (node.names.size > 0) throw failure("ENOTEMPTY", path);
      this.#remove(path);
    });
  }

  unlink(path: string): Promise<void> {
    return this.call("unlink", path, 0, () => {
      if (this.#existing(path).kind === "folder") throw failure("EISDIR", path);
      this.#remove(path);
    });
  }

  #existing(path: string): Node {
    const { folder, name } = this.#disk.locate(path, false);
    const node = folder.names.get(name);
    if (!node) throw failure("ENOENT", path);
    return node;
  }

  #remove(path: string): void {
    const { folder, name } = this.#disk.locate(path, false);
    folder.names.delete(name);
  }

  #stats(node: Node): FileStats {
    const names = [...allNames(this.#disk.find("/") as Folder)].filter((other) => other === node).length;
    return {
      size: node.kind === "file" ? node.data.length : 0,
      mtimeMs: node.kind === "file" ? node.mtimeMs : 0,
      nlink: names,
      ino: node.kind === "file" ? node.ino : 0,
      dev: 1,
      isFile: () => node.kind === "file",
      isDirectory: () => node.kind === "folder",
      isSymbolicLink: () => node.kind === "link",
    };
  }

  async call<T>(name: string, path: string, flags: number, work: () => T, half: () => unknown = () => {}): Promise<T> {
    await this.#options.turn?.();
    await this.#living();
    try {
      return this.callNow(name, path, flags, work, half);
    } catch (error) {
      await this.#living();
      throw error;
    }
  }

  /** Of a process that is killed here, nobody may look at what is thrown. */
  callNow<T>(name: string, path: string, flags: number, work: () => T, half: () => unknown = () => {}): T {
    if (this.isDead) throw failure("EKILLED", path);
    const call = { index: this.calls.length, name, path, flags };
    this.calls.push(call);
    const fault = this.#options.fault?.(call);
    if (fault === undefined) return work();
    if (typeof fault === "object") {
      work();
      throw failure(fault.code, path);
    }
    half();
    if (fault !== "kill") throw failure(fault, path);
    this.#isDead = true;
    this.#die();
    throw failure("EKILLED", path);
  }

  /** Killed, or without power. */
  get isDead(): boolean {
    return this.#isDead || this.#boot !== this.#disk.boots;
  }

  #living(): Promise<void> {
    return this.isDead ? new Promise(() => {}) : Promise.resolve();
  }
}

const newFolder = (): Folder => ({ kind: "folder", names: new Map(), synced: new Map() });

const absolute = (folder: string[], target: string) =>
  target.startsWith("/") ? target : `/${[...folder, target].join("/")}`;

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: injected, '${path}'`), { code });
}

function* allNames(folder: Folder): Generator<Node> {
  for (const node of folder.names.values()) {
    yield node;
    if (node.kind === "folder") yield* allNames(node);
  }
}

/** What a power cut leaves of a folder and all that is below. */
function settle(folder: Folder, choose: (n: number) => number, seen: Set<Node>): void {
  for (const name of new Set([...folder.synced.keys(), ...folder.names.keys()])) {
    const [before, now] = [folder.synced.get(name), folder.names.get(name)];
    const left = before === now || choose(2) === 1 ? now : before;
    if (left) folder.names.set(name, left);
    else folder.names.delete(name);
  }
  folder.synced = new Map(folder.names);
  for (const node of folder.names.values()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.kind === "folder") settle(node, choose, seen);
    if (node.kind !== "file" || node.since.length === 0) continue;
    node.data = tornOf([node.synced, ...node.since], choose);
    settled(node);
  }
}

function settled(node: Node): void {
  if (node.kind === "folder") node.synced = new Map(node.names);
  if (node.kind !== "file") return;
  node.synced = node.data;
  node.since = [];
}

/**
 * What a power cut leaves of a file.
 * @param versions what it was when it was synced, and after each write since.
 */
export function tornOf(versions: readonly Uint8Array[], choose: (n: number) => number): Uint8Array {
  const any = () => versions[choose(versions.length)] as Uint8Array;
  const left = new Uint8Array(any().length);
  for (let at = 0; at < left.length; at += SECTOR) {
    const end = Math.min(at + SECTOR, left.length);
    const sectors = versions.map((version) => version.subarray(at, end));
    const first = sectors[0] as Uint8Array;
    if (sectors.every((sector) => isEqual(sector, first))) {
      left.set(first, at);
      continue;
    }
    left.set(any().subarray(at, end), at);
    // Torn: the rest of the sector is of another version.
    if (choose(3) === 1) {
      const from = at + choose(SECTOR);
      if (from < end) left.set(any().subarray(from, end), from);
    }
  }
  return left;
}

const isEqual = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
