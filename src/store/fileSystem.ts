/** What of the file system the stores use. Everything else in this room gets it handed in, so that tests can bring their own. */
import { constants, lstatSync, readdirSync, writeSync } from "node:fs";
import * as promises from "node:fs/promises";
import process from "node:process";

/** The part of Node's `FileHandle` that is used. */
export interface FileHandle {
  readFile(): Promise<Uint8Array>;
  writeFile(data: Uint8Array): Promise<void>;
  /** Writes all or a part of `data` from `position` on, at once. @returns how many octets. */
  writeNow(data: Uint8Array, position: number): number;
  chmod(mode: number): Promise<void>;
  stat(): Promise<FileStats>;
  sync(): Promise<void>;
  /** As sync, without what is not needed to read the content again (times). */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileStats {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
  /** What it is, whatever its name: the number of the file on the device `dev`. */
  readonly ino: number;
  readonly dev: number;
  /** How many names it has. */
  readonly nlink: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/**
 * The part of `node:fs` that is used, and what the platform can do. What ends in Now does not wait in the thread pool: it costs a
 * few microseconds, because it reaches only what the system has in memory, where a way through the pool costs tens. What
 * waits for a disk does so in the pool.
 */
export interface FileSystem {
  open(path: string, flags: number, mode?: number): Promise<FileHandle>;
  link(existing: string, path: string): Promise<void>;
  lstat(path: string): Promise<FileStats>;
  lstatNow(path: string): FileStats;
  mkdir(path: string, options: { recursive?: boolean; mode: number }): Promise<string | undefined>;
  readdir(path: string): Promise<string[]>;
  readdirNow(path: string): string[];
  rename(from: string, to: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Flag for `open`: a symbolic link is an error. 0 on Windows, which has no such flag. */
  readonly noFollow: number;
  /** Another file may be renamed over one that is open: not on Windows. */
  readonly replacesOpenFiles: boolean;
  /** Windows can't open folders; its renames are journalled. */
  readonly syncsFolders: boolean;
}

/** Not on Windows, whatever the type declarations say. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as { O_NOFOLLOW?: number; O_NONBLOCK?: number };

/** A pipe of that name that nobody writes to must not hold the thread. */
export const READ = constants.O_RDONLY | O_NONBLOCK;
export const READ_WRITE = constants.O_RDWR | O_NONBLOCK;
export const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
export const EMPTY = constants.O_WRONLY | constants.O_TRUNC;

export const nodeFileSystem: FileSystem = {
  ...promises,
  open: async (path, flags, mode) => nodeHandle(await promises.open(path, flags, mode)),
  lstatNow: (path) => lstatSync(path),
  readdirNow: (path) => readdirSync(path),
  noFollow: O_NOFOLLOW,
  replacesOpenFiles: process.platform !== "win32",
  syncsFolders: process.platform !== "win32",
};

const nodeHandle = (file: promises.FileHandle): FileHandle => ({
  readFile: () => file.readFile(),
  writeFile: (data) => file.writeFile(data),
  writeNow: (data, position) => writeSync(file.fd, data, 0, data.length, position),
  chmod: (mode) => file.chmod(mode),
  stat: () => file.stat(),
  sync: () => file.sync(),
  datasync: () => file.datasync(),
  close: () => file.close(),
});

/** The same without a flush: what is written outlives the process, and perhaps not the machine. */
export function withoutFlush(fs: FileSystem): FileSystem {
  return {
    open: async (path, flags, mode) => neverFlushed(await fs.open(path, flags, mode)),
    link: (existing, path) => fs.link(existing, path),
    lstat: (path) => fs.lstat(path),
    lstatNow: (path) => fs.lstatNow(path),
    mkdir: (path, options) => fs.mkdir(path, options),
    readdir: (path) => fs.readdir(path),
    readdirNow: (path) => fs.readdirNow(path),
    rename: (from, to) => fs.rename(from, to),
    rmdir: (path) => fs.rmdir(path),
    unlink: (path) => fs.unlink(path),
    noFollow: fs.noFollow,
    replacesOpenFiles: fs.replacesOpenFiles,
    syncsFolders: false,
  };
}

const neverFlushed = (file: FileHandle): FileHandle => ({ ...file, sync: async () => {}, datasync: async () => {} });
