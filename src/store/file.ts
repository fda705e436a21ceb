import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import {
  makeFolder,
  readFile,
  removeFile,
  removeTemporaries,
  replaceFile,
  syncFolder,
  unlinkIfThere,
  unsealed,
} from "./durableFile.ts";
import { errorCode, fileError } from "./fileErrors.ts";
import { FileLock } from "./fileLock.ts";
import { type FileSystem, nodeFileSystem } from "./fileSystem.ts";
import { type Seal, sealedFor } from "./seal.ts";
import { StoreError, StoreFencedError, type StoreOpenOptions, type TpmStore } from "./store.ts";

const STATE = "tpm2.state";
/** What `tabtpm socket` keeps beside it; whoever has the state's lock may write it. */
export const VOLATILE_STATE = "tpm2.volatile";
/** @param file name of the state's file. */
export const volatileBeside = (file: string | undefined) =>
  file === undefined || file === STATE ? VOLATILE_STATE : `${file}.volatile`;
/** What a PC's firmware keeps beside it; whoever has the state's lock may write it. */
const VARIABLES = "tpm2.variables";
/** Where a full disk or a crash left a volatile state that was not encrypted, in earlier versions. */
const OLD_TEMPORARY = "tpm2.volatile.tmp";

export interface FileStoreOptions {
  /** The TPM's folder, made when missing. */
  dir: string;
  /**
   * Name of the state's file in there; tpm2.state by default, and then the folder is this TPM's. Under another name
   * several TPMs may share a folder; one of zeros or nothing, which somebody made to hold a TPM, is none yet.
   */
  file?: string | undefined;
  /** Permissions of the state's file; 0600 by default. */
  mode?: number | undefined;
  /** Encrypts the state's file. A file that is not encrypted is refused: whoever can write there may have put it in its place. */
  seal?: Seal | undefined;
  /** Takes files that are not encrypted yet and encrypts them at once; a state that is encrypted is refused then. */
  adopts?: boolean | undefined;
  /** What is there will be replaced: {@link FileStore.open} gives it as it is, encrypted or not. */
  replaces?: boolean | undefined;
  fs?: FileSystem | undefined;
}

/**
 * The TPM's state in a file, for Node: `DIR/tpm2.state`. A commit writes a temporary file, syncs it, renames it over
 * the old one and syncs the folder, so that a crash at any moment leaves the old blob or the new one (durableFile.ts).
 */
export class FileStore implements TpmStore {
  readonly kind = "file";
  readonly #fs: FileSystem;
  readonly #dir: string;
  readonly #state: string;
  readonly #volatile: string;
  readonly #variables: string;
  readonly #mode: number | undefined;
  readonly #seal: Seal | undefined;
  readonly #adopts: boolean;
  readonly #replaces: boolean;
  #lock: FileLock | undefined;
  /** What {@link commit} puts back when it fails after the rename. */
  #last: Uint8Array | null = null;

  constructor(options: FileStoreOptions) {
    this.#fs = options.fs ?? nodeFileSystem;
    this.#dir = resolve(options.dir);
    this.#state = options.file ?? STATE;
    this.#volatile = volatileBeside(options.file);
    this.#variables = this.#state === STATE ? VARIABLES : `${this.#state}.variables`;
    this.#mode = options.mode;
    this.#seal = options.seal;
    this.#adopts = options.adopts ?? false;
    this.#replaces = options.replaces ?? false;
  }

  async open(options: StoreOpenOptions = {}): Promise<Uint8Array | null> {
    await this.close();
    try {
      await makeFolder(this.#fs, this.#dir);
      this.#lock = await FileLock.acquire(this.#dir, {
        fs: this.#fs,
        takeOver: options.takeOver,
        name: this.#state === STATE ? undefined : `${this.#state}.lock`,
      });
      await removeTemporaries(this.#fs, this.#dir, [this.#state, this.#volatile, this.#variables]);
      if (this.#state === STATE) await unlinkIfThere(this.#fs, this.#path(OLD_TEMPORARY));
      this.#last = await this.#read();
      if (this.#seal && this.#adopts && this.#last !== null) await this.#adopt(this.#seal, this.#last);
      if (this.#replaces) return this.#last?.slice() ?? null;
      return this.#last === null ? null : unsealed(this.#last, this.#seal, this.#path(this.#state)).slice();
    } catch (error) {
      await this.close().catch(() => {});
      throw fileError(error, "Opening the TPM's folder", this.#dir);
    }
  }

  async commit(blob: Uint8Array): Promise<void> {
    try {
      await this.#requireLock();
      const bytes = this.#seal?.seal(blob) ?? blob.slice();
      await replaceFile(this.#fs, this.#path(this.#state), bytes, this.#last, { mode: this.#mode });
      this.#last = bytes;
    } catch (error) {
      throw fileError(error, "Storing the TPM's state", this.#path(this.#state));
    }
  }

  async exportBlob(): Promise<Uint8Array | null> {
    try {
      return await this.#read();
    } catch (error) {
      throw fileError(error, "Reading the TPM's state", this.#path(this.#state));
    }
  }

  async archive(): Promise<string | null> {
    // Windows allows no colons in names.
    const name = `${this.#state}.kept-${new Date().toISOString().replaceAll(":", ".")}-${randomBytes(2).toString("hex")}`;
    try {
      await this.#requireLock();
      if ((await this.#read()) === null) return null;
      await this.#setAside(this.#path(name));
    } catch (error) {
      throw fileError(error, "Setting the TPM's state aside", this.#path(this.#state));
    }
    this.#last = null;
    return this.#path(name);
  }

  async readVariables(): Promise<Uint8Array | null> {
    const path = this.#path(this.#variables);
    try {
      await this.#requireLock();
      const bytes = await readFile(this.#fs, path);
      return bytes && unsealed(bytes, this.#seal, path).slice();
    } catch (error) {
      throw fileError(error, "Reading the firmware's variables", path);
    }
  }

  async commitVariables(variables: Uint8Array | null): Promise<void> {
    const path = this.#path(this.#variables);
    try {
      await this.#requireLock();
      if (variables === null) return await removeFile(this.#fs, path);
      // Also for what it refuses: a link or a device that a rename would put out of the way.
      const before = await readFile(this.#fs, path);
      const bytes = this.#seal?.seal(variables) ?? variables.slice();
      await replaceFile(this.#fs, path, bytes, before, { mode: this.#mode });
    } catch (error) {
      throw fileError(error, "Storing the firmware's variables", path);
    }
  }

  async close(): Promise<void> {
    const lock = this.#lock;
    this.#lock = undefined;
    try {
      await lock?.release();
    } catch (error) {
      // The folder is gone: so is the lock.
      if (errorCode(error) !== "ENOENT") throw fileError(error, "Releasing the TPM's folder", this.#dir);
    }
  }

  /** The volatile state first: as long as the permanent one is not encrypted, this can be done again. */
  async #adopt(seal: Seal, state: Uint8Array): Promise<void> {
    if (sealedFor(state) !== undefined) {
      throw new StoreError(
        `${this.#path(this.#state)} is encrypted already: leave adopt out, or whoever can write there may put another TPM in its place.`,
        { code: "permission" },
      );
    }
    const volatile = await readFile(this.#fs, this.#path(this.#volatile));
    const replace = (name: string, old: Uint8Array, bytes: Uint8Array) =>
      replaceFile(this.#fs, this.#path(name), bytes, old, { mode: this.#mode });
    if (volatile && sealedFor(volatile) === undefined) await replace(this.#volatile, volatile, seal.seal(volatile));
    this.#last = seal.seal(state);
    await replace(this.#state, state, this.#last);
  }

  async #requireLock(): Promise<void> {
    if (!this.#lock) throw new StoreError("The file store is not open; call open() first.", { code: "closed" });
    if (!(await this.#lock.isHeld())) {
      throw new StoreFencedError(
        `Another process took over the TPM in ${this.#dir}; nothing more is stored from here.`,
      );
    }
  }

  async #setAside(kept: string): Promise<void> {
    await this.#fs.rename(this.#path(this.#state), kept);
    try {
      await syncFolder(this.#fs, this.#dir);
    } catch (error) {
      // Or the next start would find no TPM, and make a new one unasked.
      await this.#fs.rename(kept, this.#path(this.#state));
      throw error;
    }
  }

  async #read(): Promise<Uint8Array | null> {
    const bytes = await readFile(this.#fs, this.#path(this.#state));
    const isPlace = this.#state !== STATE && bytes?.every((byte) => byte === 0);
    return isPlace ? null : bytes;
  }

  #path(name: string): string {
    return join(this.#dir, name);
  }
}
