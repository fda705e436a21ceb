import { open, readFile, rename, unlink } from "node:fs/promises";
import { join, resolve } from "node:path";

/**
 * The volatile state of a TPM that is to be resumed by the next CMD_INIT: `DIR/tpm2.volatile`, replaced atomically and
 * durably. Only the holder of the folder's lock may use it.
 */
export class VolatileFile {
  readonly #dir: string;
  readonly #path: string;

  constructor(dir: string) {
    this.#dir = resolve(dir);
    this.#path = join(this.#dir, "tpm2.volatile");
  }

  /** Null when there is none. */
  async read(): Promise<Uint8Array | null> {
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
      await file.writeFile(blob);
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
