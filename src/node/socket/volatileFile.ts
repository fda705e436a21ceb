import { open, readFile, rename, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Seal, sealedFor } from "../../store/seal.ts";

/**
 * The volatile state of a TPM that is to be resumed by the next CMD_INIT: `DIR/tpm2.volatile`, replaced atomically and
 * durably. Only the holder of the folder's lock may use it.
 */
export class VolatileFile {
  readonly #dir: string;
  readonly #path: string;
  readonly #mode: number | undefined;
  readonly #seal: Seal | undefined;

  /** As for the file of the permanent state. */
  constructor(dir: string, { mode, seal }: { mode?: number | undefined; seal?: Seal | undefined } = {}) {
    this.#dir = resolve(dir);
    this.#mode = mode;
    this.#seal = seal;
    this.#path = join(this.#dir, "tpm2.volatile");
  }

  /** Null when there is none. @throws Error when it is encrypted, and not with this key. */
  async read(): Promise<Uint8Array | null> {
    const bytes = await this.#read();
    if (bytes === null || sealedFor(bytes) === undefined) return bytes;
    if (!this.#seal) throw new Error(`${this.#path} is encrypted: it needs its --key.`);
    try {
      return this.#seal.open(bytes);
    } catch (cause) {
      throw new Error(`${this.#path} is encrypted with another key, or damaged.`, { cause });
    }
  }

  /** Size of the file, bytes; null when there is none. */
  async size(): Promise<number | null> {
    return (await this.#read())?.length ?? null;
  }

  async #read(): Promise<Uint8Array | null> {
    try {
      return new Uint8Array(await readFile(this.#path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  async write(blob: Uint8Array): Promise<void> {
    const temporary = `${this.#path}.tmp`;
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(this.#seal?.seal(blob) ?? blob);
      if (this.#mode !== undefined) await file.chmod(this.#mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path);
    await this.#syncFolder();
  }

  async remove(): Promise<void> {
    try {
      await unlink(this.#path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    await this.#syncFolder();
  }

  async #syncFolder(): Promise<void> {
    const folder = await open(this.#dir, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}
