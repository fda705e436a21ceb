/** What of the file system the stores use. Everything else in this room gets it handed in, so that tests can bring their own. */
import { constants } from "node:fs";
import * as promises from "node:fs/promises";
import process from "node:process";

/** The part of Node's `FileHandle` that is used. */
export interface FileHandle {
  readFile(): Promise<Uint8Array>;
  writeFile(data: Uint8Array): Promise<void>;
  chmod(mode: number): Promise<void>;
  stat(): Promise<FileStats>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileStats {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly mtimeMs: number;
  /** How many names it has. */
  readonly nlink: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** The part of `node:fs/promises` that is used, and what the platform can do. */
export interface FileSystem {
  open(path: string, flags: number, mode?: number): Promise<FileHandle>;
  link(existing: string, path: string): Promise<void>;
  lstat(path: string): Promise<FileStats>;
  mkdir(path: string, options: { recursive?: boolean; mode: number }): Promise<string | undefined>;
  readdir(path: string): Promise<string[]>;
  rename(from: string, to: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  unlink(path: string): Promise<void>;
  /** Flag for `open`: a symbolic link is an error. 0 on Windows, which has no such flag. */
  readonly noFollow: number;
  /** Windows can't open folders; its renames are journalled. */
  readonly syncsFolders: boolean;
}

/** Not on Windows, whatever the type declarations say. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as { O_NOFOLLOW?: number; O_NONBLOCK?: number };

/** A pipe of that name that nobody writes to must not hold the thread. */
export const READ = constants.O_RDONLY | O_NONBLOCK;
export const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
export const EMPTY = constants.O_WRONLY | constants.O_TRUNC;

export const nodeFileSystem: FileSystem = {
  ...promises,
  noFollow: O_NOFOLLOW,
  syncsFolders: process.platform !== "win32",
};
