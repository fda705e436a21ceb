import { randomBytes } from "node:crypto";
import * as promises from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { errorCode, fileError } from "./fileErrors.ts";
import { FileLock, type FileSystem } from "./fileLock.ts";
import { type Seal, sealedFor } from "./seal.ts";
import { StoreError, StoreFencedError, type StoreOpenOptions, type TpmStore } from "./store.ts";

const STATE = "tpm2.state";
const STATE_TEMPORARY = /^tpm2\.state\..*\.tmp$/;

export interface FileStoreOptions {
  /** The TPM's folder, made when missing. */
  dir: string;
  /** Permissions of the state's file; 0600 by default. */
  mode?: number | undefined;
  /** Encrypts the state's file. A file that is not encrypted yet is taken as it is, and encrypted by the next commit. */
  seal?: Seal | undefined;
  fs?: FileSystem;
}

/**
 * The TPM's state in a file, for Node: `DIR/tpm2.state`. A commit writes a temporary file, syncs it, renames it over
 * the old one and syncs the folder, so that a crash at any moment leaves the old blob or the new one.
 */
export class FileStore implements TpmStore {
  readonly kind = "file";
  readonly #fs: FileSystem;
  readonly #dir: string;
  readonly #mode: number | undefined;
  readonly #seal: Seal | undefined;
  #lock: FileLock | undefined;
  /** What {@link commit} puts back when it fails after the rename. */
  #last: Uint8Array | null = null;

  constructor(options: FileStoreOptions) {
    this.#fs = options.fs ?? promises;
    this.#dir = resolve(options.dir);
    this.#mode = options.mode;
    this.#seal = options.seal;
  }

  async open(options: StoreOpenOptions = {}): Promise<Uint8Array | null> {
    await this.close();
    try {
      await this.#makeFolder();
      this.#lock = await FileLock.acquire(this.#fs, this.#dir, options.takeOver ?? false);
      for (const name of await this.#fs.readdir(this.#dir)) {
        if (STATE_TEMPORARY.test(name)) await this.#fs.unlink(join(this.#dir, name));
      }
      this.#last = await this.#read();
      return this.#last === null ? null : this.#unsealed(this.#last).slice();
    } catch (error) {
      await this.close().catch(() => {});
      throw fileError(error, "Opening the TPM's folder", this.#dir);
    }
  }

  async commit(blob: Uint8Array): Promise<void> {
    try {
      await this.#requireLock();
      const bytes = this.#seal?.seal(blob) ?? blob.slice();
      await this.#replace(bytes);
      this.#last = bytes;
    } catch (error) {
      throw fileError(error, "Storing the TPM's state", this.#path(STATE));
    }
  }

  async exportBlob(): Promise<Uint8Array | null> {
    try {
      return await this.#read();
    } catch (error) {
      throw fileError(error, "Reading the TPM's state", this.#path(STATE));
    }
  }

  async archive(): Promise<string | null> {
    // Windows allows no colons in names.
    const name = `${STATE}.kept-${new Date().toISOString().replaceAll(":", ".")}-${randomBytes(2).toString("hex")}`;
    try {
      await this.#requireLock();
      if ((await this.#read()) === null) return null;
      await this.#fs.rename(this.#path(STATE), this.#path(name));
      await this.#syncFolder(this.#dir);
    } catch (error) {
      throw fileError(error, "Setting the TPM's state aside", this.#path(STATE));
    }
    this.#last = null;
    return this.#path(name);
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

  #unsealed(bytes: Uint8Array): Uint8Array {
    if (sealedFor(bytes) === undefined) return bytes;
    const path = this.#path(STATE);
    if (!this.#seal) {
      throw new StoreError(`${path} is encrypted: it needs the key that \`tabtpm socket --key\` was given.`, {
        code: "permission",
      });
    }
    try {
      return this.#seal.open(bytes);
    } catch (cause) {
      throw new StoreError(`${path} is encrypted with another key, or damaged.`, { code: "permission", cause });
    }
  }

  async #requireLock(): Promise<void> {
    if (!this.#lock) throw new StoreError("The file store is not open; call open() first.", { code: "closed" });
    if (!(await this.#lock.isHeld())) {
      throw new StoreFencedError(
        `Another process took over the TPM in ${this.#dir}; nothing more is stored from here.`,
      );
    }
  }

  async #replace(blob: Uint8Array): Promise<void> {
    await this.#putInPlace(blob);
    try {
      await this.#syncFolder(this.#dir);
    } catch (error) {
      // The new blob is in place but perhaps not durable, and the caller will say that the command failed.
      if (this.#last) await this.#putInPlace(this.#last);
      else await this.#fs.unlink(this.#path(STATE));
      throw error;
    }
  }

  async #putInPlace(blob: Uint8Array): Promise<void> {
    const temporary = this.#path(`${STATE}.${randomBytes(8).toString("hex")}.tmp`);
    try {
      const file = await this.#fs.open(temporary, "wx", 0o600);
      try {
        await file.writeFile(blob);
        // What open was told is cut down by the umask.
        if (this.#mode !== undefined) await file.chmod(this.#mode);
        await file.sync();
      } finally {
        await file.close();
      }
      await this.#fs.rename(temporary, this.#path(STATE));
    } catch (error) {
      // It holds secrets and takes room; the next open removes it if this fails.
      await this.#fs.unlink(temporary).catch(() => {});
      throw error;
    }
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      return new Uint8Array(await this.#fs.readFile(this.#path(STATE)));
    } catch (error) {
      if (errorCode(error) === "ENOENT") return null;
      throw error;
    }
  }

  async #makeFolder(): Promise<void> {
    const first = await this.#fs.mkdir(this.#dir, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    // A new folder's name is durable once its parent is synced.
    for (let folder = this.#dir; folder !== dirname(first); folder = dirname(folder)) {
      await this.#syncFolder(dirname(folder));
    }
  }

  async #syncFolder(path: string): Promise<void> {
    // Windows can't open folders; its renames are journalled.
    if (process.platform === "win32") return;
    const folder = await this.#fs.open(path, "r");
    try {
      await folder.sync();
    } catch (error) {
      // File systems that know no sync of folders (some network and FUSE ones).
      if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP"].includes(errorCode(error) ?? "")) throw error;
    } finally {
      await folder.close();
    }
  }

  #path(name: string): string {
    return join(this.#dir, name);
  }
}
