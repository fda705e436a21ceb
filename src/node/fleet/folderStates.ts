/** `--store dir:DIR`: a folder for each TPM, as `tabtpm socket --tpmstate dir=DIR/NAME` has it. */
import { randomBytes } from "node:crypto";
import { lstat, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { createEmptyFolder, ensureFolder, moveFolder } from "../../store/durableFolder.ts";
import { FileStore } from "../../store/file.ts";
import { errorCode, fileError } from "../../store/fileErrors.ts";
import { FileLock } from "../../store/fileLock.ts";
import type { StateSeal } from "../../store/seal.ts";
import { StoreLockedError } from "../../store/store.ts";
import { isFleetName } from "./names.ts";
import { type FleetStates, isThereAlready, noSuchTpm, type TpmPlace } from "./states.ts";

const LOCK = "fleet.lock";
const REMOVED = ".removed";

export interface FolderOptions {
  readonly seal?: StateSeal | undefined;
  readonly adopts?: boolean | undefined;
  readonly durability?: "flush" | "none" | undefined;
  /** Hears what is to be known of a TPM's file and is no error. */
  readonly onNotice: (text: string) => void;
}

export class FolderStates implements FleetStates {
  readonly where: string;
  readonly #dir: string;
  readonly #lock: FileLock;
  readonly #options: FolderOptions;

  private constructor(dir: string, lock: FileLock, options: FolderOptions) {
    this.#dir = dir;
    this.where = dir;
    this.#lock = lock;
    this.#options = options;
  }

  /** @throws StoreLockedError when another fleet has the folder; StoreError */
  static async open(path: string, options: FolderOptions): Promise<FolderStates> {
    const dir = resolve(path);
    try {
      await ensureFolder(dir);
      return new FolderStates(dir, await FileLock.acquire(dir, { name: LOCK }), options);
    } catch (error) {
      if (!(error instanceof StoreLockedError)) throw fileError(error, "Opening the fleet's folder", dir);
      throw new StoreLockedError(
        `${dir} belongs to another fleet (${error.holder}). One folder has one fleet: stop that one, or take another folder.`,
        error.holder,
      );
    }
  }

  async names(): Promise<string[]> {
    const entries = await readdir(this.#dir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() && isFleetName(entry.name))
      .map(({ name }) => name)
      .sort();
  }

  async create(name: string): Promise<void> {
    try {
      await createEmptyFolder(join(this.#dir, name));
    } catch (error) {
      if (errorCode(error) === "EEXIST") throw isThereAlready(name, this.where);
      throw fileError(error, "Making the TPM's folder", join(this.#dir, name));
    }
  }

  async remove(name: string): Promise<string> {
    const from = join(this.#dir, name);
    const stats = await lstat(from).catch(() => null);
    if (!stats?.isDirectory()) throw noSuchTpm(name, this.where);
    const lock = await FileLock.acquire(from);
    await lock.release();
    const when = new Date().toISOString().replaceAll(":", ".");
    const to = join(this.#dir, REMOVED, `${name}-${when}-${randomBytes(2).toString("hex")}`);
    try {
      await moveFolder(from, to);
    } catch (error) {
      throw fileError(error, "Moving the TPM's folder aside", from);
    }
    return to;
  }

  placeOf(name: string): TpmPlace {
    const { seal, adopts, durability, onNotice } = this.#options;
    const dir = join(this.#dir, name);
    return { dir, store: new FileStore({ dir, seal, adopts, durability, onNotice }) };
  }

  close(): Promise<void> {
    return this.#lock.release();
  }
}
