/**
 * How everything that is not the log gets onto a disk. A file is replaced by writing another one beside it under a
 * random name, syncing that, renaming it over the old one and syncing the folder: after a crash at any moment the old
 * content is there or the new one, and after success the new one.
 *
 * A symbolic link in the place of a file is never followed, neither to read nor to write: whoever can plant one would
 * choose what is overwritten. The folder may be a link. A step that fails leaves the old content and no other file;
 * what a crash leaves beside it, {@link removeTemporaries} removes at the next start.
 */
import { randomBytes } from "node:crypto";
import { basename, dirname, join, resolve } from "node:path";
import { PassphraseError } from "../passphrase/index.ts";
import { errorCode, fileError } from "./fileErrors.ts";
import { CREATE, EMPTY, type FileHandle, type FileSystem, nodeFileSystem, READ } from "./fileSystem.ts";
import { type SealPlace, type StateSeal, sealedFor } from "./seal.ts";
import { SealedStateError, StoreError } from "./store.ts";

export interface Permissions {
  /** Of a new file, before the umask takes its part; 0600 by default. */
  createMode?: number | undefined;
  /** What they are to be, whatever the umask. */
  mode?: number | undefined;
}

export interface DurableFileOptions extends Permissions {
  /** Encrypts the file. One that is not encrypted is refused: whoever can write there may have put it in its place. */
  seal?: StateSeal | undefined;
  fs?: FileSystem | undefined;
}

/** One file. Only one process may write it at a time: there is no lock in here. */
export class DurableFile {
  readonly path: string;
  readonly #what: string;
  readonly #fs: FileSystem;
  readonly #permissions: Permissions;
  readonly #seal: StateSeal | undefined;

  /** @param what is in it, for messages: "the TPM's volatile state". */
  constructor(path: string, what: string, { fs = nodeFileSystem, seal, createMode, mode }: DurableFileOptions = {}) {
    this.path = resolve(path);
    this.#what = what;
    this.#fs = fs;
    this.#permissions = { createMode, mode };
    this.#seal = seal;
  }

  /** Null when there is none. @throws StoreError, also when it is not encrypted with this key, or encrypted and there is none. */
  async read(): Promise<Uint8Array | null> {
    if (isMissing(this.#fs, this.path)) return null;
    const bytes = await this.#orStoreError("Reading", readFile(this.#fs, this.path));
    return bytes && unsealed(bytes, this.#seal, this.path);
  }

  /** Size of the file, encrypted or not, in bytes; null when there is none. @throws StoreError */
  async size(): Promise<number | null> {
    if (isMissing(this.#fs, this.path)) return null;
    return this.#orStoreError("Looking at", sizeOfFile(this.#fs, this.path));
  }

  /** @throws StoreError; then the file is what it was. */
  replace(bytes: Uint8Array): Promise<void> {
    return this.#orStoreError("Storing", this.#replace(bytes));
  }

  /** A new file, and never one that was there: @throws StoreError; then there is none that was not there before. */
  create(bytes: Uint8Array): Promise<void> {
    return this.#orStoreError("Making", this.#create(bytes));
  }

  /** Succeeds when there is none. @throws StoreError; then it may come back after a crash. */
  remove(): Promise<void> {
    return this.#orStoreError("Removing", removeFile(this.#fs, this.path));
  }

  /** Makes the folder that it lies in, when that is missing. @param mode of new ones. @throws StoreError */
  makeFolder(mode: number): Promise<void> {
    return this.#orStoreError("Making the folder for", makeFolder(this.#fs, dirname(this.path), mode));
  }

  /** What crashes left beside it. @throws StoreError */
  removeTemporaries(): Promise<void> {
    return this.#orStoreError(
      "Tidying up after",
      removeTemporaries(this.#fs, dirname(this.path), [basename(this.path)]),
    );
  }

  async #replace(bytes: Uint8Array): Promise<void> {
    // Also for what it refuses: a link or a device that a rename would put out of the way.
    const before = await readFile(this.#fs, this.path);
    await replaceFile(this.#fs, this.path, this.#seal?.seal(bytes) ?? bytes, before, this.#permissions);
  }

  async #create(bytes: Uint8Array): Promise<void> {
    try {
      await createFile(this.#fs, this.path, this.#seal?.seal(bytes) ?? bytes, this.#permissions);
      await syncFolder(this.#fs, dirname(this.path));
    } catch (cause) {
      if (errorCode(cause) === "EEXIST") {
        const words = `${this.path} is there already: choose another name for ${this.#what}, or remove it.`;
        throw new StoreError(words, { code: "unavailable", cause });
      }
      await discard(this.#fs, this.path);
      throw cause;
    }
  }

  async #orStoreError<T>(doing: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (error) {
      throw fileError(error, `${doing} ${this.#what}`, this.path);
    }
  }
}

/** @throws SealedStateError when `bytes` are encrypted, and not with this key; when they are not encrypted, and there is a key. */
export function unsealed(bytes: Uint8Array, seal: StateSeal | undefined, path: string, place?: SealPlace): Uint8Array {
  if (sealedFor(bytes) === undefined) {
    if (!seal) return bytes;
    throw new SealedStateError(
      `${path} is not encrypted, or its first octets are damaged, and a key was given: whoever can write there may have put another TPM in its place. If ` +
        "you know that it is yours, start `tabtpm socket` once with `--key ...,adopt`, which encrypts it.",
      "plain",
    );
  }
  if (!seal) {
    throw new SealedStateError(
      `${path} is encrypted: it needs the key or passphrase that it was encrypted with (\`--passphrase-file\`, \`--key\`).`,
      "missing",
    );
  }
  try {
    return seal.open(bytes, place);
  } catch (cause) {
    if (cause instanceof PassphraseError)
      throw new SealedStateError(`${path}: ${cause.message}`, cause.reason, { cause });
    throw new SealedStateError(`${path} is encrypted with another key, or damaged.`, "wrong-key", { cause });
  }
}

/** Most TPMs have none of most files: that is seen at once, without the way through the thread pool. */
function isMissing(fs: FileSystem, path: string): boolean {
  try {
    fs.lstatNow(path);
    return false;
  } catch (error) {
    // Whatever else is wrong, who opens it meets too.
    return errorCode(error) === "ENOENT";
  }
}

/** A reader without a lock meets files that another machine is just replacing: how often it looks again. */
const STALE_TRIES = 3;

/** Null when there is none. @throws StoreError for what is no regular file, errors of the file system as they are. */
export async function readFile(fs: FileSystem, path: string): Promise<Uint8Array | null> {
  return withFile(fs, path, async (file) => new Uint8Array(await file.readFile()));
}

async function sizeOfFile(fs: FileSystem, path: string): Promise<number | null> {
  return withFile(fs, path, async (file) => (await file.stat()).size);
}

/** Null when there is none. @throws as {@link readFile} */
export async function withFile<T>(
  fs: FileSystem,
  path: string,
  work: (file: FileHandle) => Promise<T>,
): Promise<T | null> {
  for (let tries = 1; ; tries++) {
    try {
      return await closing(await openToRead(fs, path), async (file) => {
        if (!(await file.stat()).isFile()) throw notRegular(path, "is no regular file");
        return work(file);
      });
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOENT") return null;
      // On NFS the file went between its look-up and the reading: another client has replaced it.
      if (code !== "ESTALE" || tries === STALE_TRIES) throw error;
    }
  }
}

async function openToRead(fs: FileSystem, path: string): Promise<FileHandle> {
  const isLink = async () => (await fs.lstat(path)).isSymbolicLink();
  if (fs.noFollow === 0 && (await isLink())) throw linked(path);
  try {
    return await fs.open(path, READ | fs.noFollow);
  } catch (error) {
    // So say Linux and macOS, FreeBSD, NetBSD. A loop further up in the path is ELOOP too.
    if (["ELOOP", "EMLINK", "EFTYPE"].includes(errorCode(error) ?? "") && (await isLink())) throw linked(path);
    throw error;
  }
}

function notRegular(path: string, words: string): StoreError {
  return new StoreError(`${path} ${words}. It was left as it is; choose another path, or move it out of the way.`, {
    code: "unavailable",
  });
}

function linked(path: string): StoreError {
  return new StoreError(
    `${path} is a symbolic link, and no link is followed there. Move the file that it leads to in its place; the folder may be a link.`,
    { code: "unavailable" },
  );
}

/**
 * Puts `bytes` in the place of the file.
 * @param before what is there now, null for nothing: it is put back when the new content may not be durable.
 */
export async function replaceFile(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  before: Uint8Array | null,
  permissions: Permissions = {},
): Promise<void> {
  await putInPlace(fs, path, bytes, permissions);
  try {
    await syncFolder(fs, dirname(path));
  } catch (error) {
    // The new content is in place but perhaps not durable, and the caller will say that it failed.
    if (before) await putInPlace(fs, path, before, permissions);
    else await fs.unlink(path);
    // If the folder can be synced by now, it does not come back: the next process is told of what is there.
    await syncFolder(fs, dirname(path)).catch(() => {});
    throw error;
  }
}

async function putInPlace(fs: FileSystem, path: string, bytes: Uint8Array, permissions: Permissions): Promise<void> {
  const temporary = await writeTemporary(fs, path, bytes, permissions);
  try {
    await fs.rename(temporary, path);
  } catch (error) {
    await discard(fs, temporary);
    throw error;
  }
}

/** Writes and syncs a file beside `path`, under a name of its own. @returns that name; after an error there is none. */
export async function writeTemporary(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  permissions: Permissions = {},
): Promise<string> {
  const temporary = temporaryName(path);
  try {
    await createFile(fs, temporary, bytes, permissions);
  } catch (error) {
    await discard(fs, temporary);
    throw error;
  }
  return temporary;
}

/** Makes a file that was not there and syncs it. After an error, half of it may be there. @throws EEXIST */
export async function createFile(
  fs: FileSystem,
  path: string,
  bytes: Uint8Array,
  { createMode = 0o600, mode }: Permissions = {},
): Promise<void> {
  await closing(await fs.open(path, CREATE | fs.noFollow, createMode), async (file) => {
    await file.writeFile(bytes);
    // What open was told is cut down by the umask.
    if (mode !== undefined) await file.chmod(mode);
    await file.sync();
  });
}

/** Removes a file that may hold secrets and takes room. Never fails: another error is on its way to the caller. */
export async function discard(fs: FileSystem, path: string): Promise<void> {
  try {
    await unlinkIfThere(fs, path);
  } catch {
    // The name stays until the next start, but nothing under it.
    await empty(fs, path).catch(() => {});
  }
}

export async function empty(fs: FileSystem, path: string): Promise<void> {
  await closing(await fs.open(path, EMPTY | fs.noFollow), async () => {});
}

/** @throws errors of the file system; then it may come back after a crash. */
export async function removeFile(fs: FileSystem, path: string): Promise<void> {
  await unlinkIfThere(fs, path);
  // Also when there was none: one that was not removed durably, or not replaced, would come back after a crash.
  await syncFolder(fs, dirname(path));
}

/** @returns whether it was there. */
export async function unlinkIfThere(fs: FileSystem, path: string): Promise<boolean> {
  try {
    await fs.unlink(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

const RANDOM_BYTES = 8;

export function temporaryName(path: string): string {
  return `${path}.${randomBytes(RANDOM_BYTES).toString("hex")}.tmp`;
}

/** @returns the name of the file for which this one was written; undefined for a file that is no temporary one. */
export function temporaryFor(name: string): string | undefined {
  return /^(.+)\.[0-9a-f]{16}\.tmp$/.exec(name)?.[1];
}

/** Removes what crashed writers of these files left in a folder. Only who alone may write them may do that. */
export async function removeTemporaries(fs: FileSystem, dir: string, names: readonly string[]): Promise<void> {
  for (const name of await fs.readdir(dir)) {
    if (names.includes(temporaryFor(name) ?? "")) await unlinkIfThere(fs, join(dir, name));
  }
}

/** Makes a folder, its parents too, and their names durable. @param mode for new ones, before the umask takes its part. */
export async function makeFolder(fs: FileSystem, dir: string, mode = 0o700): Promise<void> {
  const first = await fs.mkdir(dir, { recursive: true, mode });
  if (first === undefined) return;
  // A new folder's name is durable once its parent is synced.
  for (let folder = dir; folder !== dirname(first); folder = dirname(folder)) {
    await syncFolder(fs, dirname(folder));
  }
}

/** What file systems say that know no sync of folders: some network and FUSE ones. */
const NO_FOLDER_SYNC = ["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EBADF"];

/** Makes the names in a folder durable. */
export async function syncFolder(fs: FileSystem, path: string): Promise<void> {
  if (!fs.syncsFolders) return;
  await closing(await fs.open(path, READ), async (folder) => {
    try {
      await folder.sync();
    } catch (error) {
      if (!NO_FOLDER_SYNC.includes(errorCode(error) ?? "")) throw error;
    }
  });
}

/** Closes the file in any case. What closing reports counts (NFS stores then), unless something failed before. */
async function closing<T>(file: FileHandle, work: (file: FileHandle) => Promise<T>): Promise<T> {
  let result: T;
  try {
    result = await work(file);
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  await file.close();
  return result;
}
