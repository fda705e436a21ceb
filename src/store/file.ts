import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import process from "node:process";
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
import { type FileSystem, nodeFileSystem, withoutFlush } from "./fileSystem.ts";
import { type StateSeal, sealedFor } from "./seal.ts";
import { type Content, type FoundFile, findFile, SlotFile, sha256 } from "./slotFile.ts";
import { BLOCK, isSlotFile, NewerSlotsError, readSlotFile } from "./slots.ts";
import { type CommitOptions, StoreError, StoreFencedError, type StoreOpenOptions, type TpmStore } from "./store.ts";

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
  seal?: StateSeal | undefined;
  /** Takes files that are not encrypted yet and encrypts them at once; a state that is encrypted is refused then. */
  adopts?: boolean | undefined;
  /** What is there will be replaced: {@link FileStore.open} gives it as it is, encrypted or not. */
  replaces?: boolean | undefined;
  /**
   * `none`: nothing waits for the disk. What is committed outlives the process, and may be lost, also all of it, with the power of the machine: for TPMs that are thrown away,
   * as in CI.
   */
  durability?: "flush" | "none" | undefined;
  /** Hears, in a sentence, what is to be known of the file and is no error; by default a warning of the process. */
  onNotice?: ((text: string) => void) | undefined;
  fs?: FileSystem | undefined;
}

/** A reader without a lock meets a file that is just being written: how often it looks again. */
const READER_TRIES = 5;

/**
 * The TPM's state in a file, for Node: `DIR/tpm2.state`. A commit is one write into the slot that does not have the last
 * one, and one flush (slotFile.ts), so that a crash at any moment leaves the old blob or the new one. The file of earlier
 * versions is the blob itself; the first commit replaces it.
 */
export class FileStore implements TpmStore {
  readonly kind = "file";
  readonly #fs: FileSystem;
  readonly #dir: string;
  readonly #state: string;
  readonly #volatile: string;
  readonly #variables: string;
  readonly #mode: number | undefined;
  readonly #seal: StateSeal | undefined;
  readonly #adopts: boolean;
  readonly #replaces: boolean;
  readonly #onNotice: (text: string) => void;
  readonly #isDurable: boolean;
  #lock: FileLock | undefined;
  #file: SlotFile | undefined;
  /** What was read or committed last, not encrypted: what {@link commit} puts back when it fails half-way. Null when that is not known. */
  #last: Uint8Array | null = null;
  #damage: string | null = null;
  /** What writes, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FileStoreOptions) {
    const fs = options.fs ?? nodeFileSystem;
    this.#isDurable = options.durability !== "none";
    this.#fs = this.#isDurable ? fs : withoutFlush(fs);
    this.#onNotice = options.onNotice ?? ((text) => process.emitWarning(text, "TpmStoreWarning"));
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
      // Who can't open it takes it from nobody.
      if (options.takeOver) await this.#look();
      this.#lock = await FileLock.acquire(this.#dir, {
        fs: this.#fs,
        takeOver: options.takeOver,
        name: this.#state === STATE ? undefined : `${this.#state}.lock`,
      });
      await removeTemporaries(this.#fs, this.#dir, [this.#state, this.#volatile, this.#variables]);
      if (this.#state === STATE) await unlinkIfThere(this.#fs, this.#path(OLD_TEMPORARY));
      const found = await this.#find();
      this.#file = new SlotFile(this.#fs, this.#path(this.#state), found, options.takeOver ?? false, {
        mode: this.#mode,
      });
      return found && (await this.#load(found));
    } catch (error) {
      await this.close().catch(() => {});
      throw fileError(error, "Opening the TPM's folder", this.#dir);
    }
  }

  /** A clause for {@link TpmStore.damage}. */
  get damage(): string | null {
    return this.#damage;
  }

  commit(blob: Uint8Array, { erases = false }: CommitOptions = {}): Promise<void> {
    return this.#exclusively(async () => {
      try {
        const file = this.#requireLock();
        const last = this.#last;
        const copy = blob.slice();
        await file.commit(this.#contentOf(copy), last && this.#contentOf(last), erases);
        this.#last = copy;
      } catch (error) {
        throw fileError(error, "Storing the TPM's state", this.#path(this.#state));
      }
    });
  }

  async exportBlob(): Promise<Uint8Array | null> {
    try {
      for (let tries = 1; ; tries++) {
        const found = await this.#find();
        const blob = found && stateIn(found);
        if (found === null || blob !== null) return blob;
        if (tries === READER_TRIES) return found.bytes;
      }
    } catch (error) {
      throw fileError(error, "Reading the TPM's state", this.#path(this.#state));
    }
  }

  archive(): Promise<string | null> {
    return this.#exclusively(async () => {
      const name = this.#nameAside();
      try {
        const file = this.#requireLock();
        if ((await this.#find()) === null) return null;
        await file.letGo();
        await this.#setAside(this.#path(name));
      } catch (error) {
        throw fileError(error, "Setting the TPM's state aside", this.#path(this.#state));
      }
      this.#last = null;
      this.#damage = null;
      return this.#path(name);
    });
  }

  /** The blob itself, encrypted as a whole where the state is: as a file of earlier versions, which {@link open} takes. */
  keepCopy(): Promise<string | null> {
    return this.#exclusively(async () => {
      const path = this.#path(this.#nameAside());
      try {
        this.#requireLock();
        const last = this.#last;
        if (last === null) return null;
        const bytes = this.#seal ? this.#seal.seal(last) : last;
        await replaceFile(this.#fs, path, bytes, null, { mode: this.#mode });
      } catch (error) {
        throw fileError(error, "Keeping a copy of the TPM's state", path);
      }
      return path;
    });
  }

  async readVariables(): Promise<Uint8Array | null> {
    const path = this.#path(this.#variables);
    try {
      this.#requireLock();
      const bytes = await readFile(this.#fs, path);
      return bytes && unsealed(bytes, this.#seal, path).slice();
    } catch (error) {
      throw fileError(error, "Reading the firmware's variables", path);
    }
  }

  async commitVariables(variables: Uint8Array | null): Promise<void> {
    const path = this.#path(this.#variables);
    try {
      this.#requireLock();
      if (variables === null) return await removeFile(this.#fs, path);
      // Also for what it refuses: a link or a device that a rename would put out of the way.
      const before = await readFile(this.#fs, path);
      const bytes = this.#seal?.seal(variables) ?? variables.slice();
      await replaceFile(this.#fs, path, bytes, before, { mode: this.#mode });
    } catch (error) {
      throw fileError(error, "Storing the firmware's variables", path);
    }
  }

  close(): Promise<void> {
    return this.#exclusively(async () => {
      const [lock, file] = [this.#lock, this.#file];
      this.#lock = undefined;
      this.#file = undefined;
      this.#damage = null;
      const isOwner = (await lock?.isHeld().catch(() => false)) ?? false;
      // What nothing was flushed of is found as after a crash: who relies on it flushes it first.
      await file?.close(isOwner && this.#isDurable);
      try {
        await lock?.release();
      } catch (error) {
        // The folder is gone: so is the lock.
        if (errorCode(error) !== "ENOENT") throw fileError(error, "Releasing the TPM's folder", this.#dir);
      }
    });
  }

  /** Without the lock, where another key is to be told from the right one. @throws SealedStateError; nothing was changed. */
  async #look(): Promise<void> {
    if (this.#adopts || this.#replaces) return;
    const found = await this.#find();
    const state = found && stateIn(found);
    if (state) unsealed(state, this.#seal, this.#path(this.#state), found.slots?.newest ?? undefined);
  }

  /** What {@link open} gives; what it found it says. */
  async #load(found: FoundFile): Promise<Uint8Array> {
    const { slots } = found;
    const path = this.#path(this.#state);
    const state = stateIn(found);
    if (state === null) {
      this.#damage = `is damaged: of ${path}, ${slots?.problem}`;
      this.#last = null;
      // No core takes it for a state.
      return found.bytes.slice(0, BLOCK);
    }
    // Its process may have been killed before it was on the disk: nobody is told of it before it is.
    if (slots && !slots.isClean) await SlotFile.flush(this.#fs, path);
    if (slots?.problem) {
      this.#onNotice(
        `${path}: ${slots.problem}; the TPM goes on with commit ${slots.newest?.number}, the last one that is whole`,
      );
    }
    if (this.#replaces) {
      this.#last = null;
      return state.slice();
    }
    if (this.#seal && this.#adopts) await this.#adopt(this.#seal, state);
    const isAdopted = this.#seal !== undefined && this.#adopts;
    const blob = isAdopted ? state : unsealed(state, this.#seal, path, slots?.newest ?? undefined);
    this.#last = (await this.#unwrapped(blob, path)).slice();
    return this.#last.slice();
  }

  /** Earlier versions that were told to adopt a file of this one have encrypted it as a whole, and could not read it then. */
  async #unwrapped(blob: Uint8Array, path: string): Promise<Uint8Array> {
    const newest = isSlotFile(blob) ? (await readSlotFile(blob, sha256)).newest : null;
    if (newest === null) return blob;
    const isSealed = sealedFor(newest.content) !== undefined;
    return isSealed ? unsealed(newest.content, this.#seal, path, newest) : newest.content;
  }

  #nameAside(): string {
    // Windows allows no colons in names.
    return `${this.#state}.kept-${new Date().toISOString().replaceAll(":", ".")}-${randomBytes(2).toString("hex")}`;
  }

  #contentOf(blob: Uint8Array): Content {
    const seal = this.#seal;
    return seal ? (index, number) => seal.seal(blob, { index, number }) : () => blob;
  }

  /** The volatile state first: as long as the permanent one is not encrypted, this can be done again. */
  async #adopt(seal: StateSeal, state: Uint8Array): Promise<void> {
    if (sealedFor(state) !== undefined) {
      throw new StoreError(
        `${this.#path(this.#state)} is encrypted already: leave adopt out, or whoever can write there may put another TPM in its place.`,
        { code: "permission" },
      );
    }
    const path = this.#path(this.#volatile);
    const volatile = await readFile(this.#fs, path);
    if (volatile && sealedFor(volatile) === undefined) {
      await replaceFile(this.#fs, path, seal.seal(volatile), volatile, { mode: this.#mode });
    }
    await this.#file?.commit(this.#contentOf(state), () => state, true);
  }

  #requireLock(): SlotFile {
    const [lock, file] = [this.#lock, this.#file];
    if (!lock || !file) throw new StoreError("The file store is not open; call open() first.", { code: "closed" });
    if (!lock.isHeldNow()) {
      throw new StoreFencedError(
        `Another process took over the TPM in ${this.#dir}; nothing more is stored from here.`,
      );
    }
    return file;
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

  async #find(): Promise<FoundFile | null> {
    try {
      const found = await findFile(this.#fs, this.#path(this.#state));
      const isPlace = this.#state !== STATE && found?.bytes.every((byte) => byte === 0);
      return isPlace ? null : found;
    } catch (error) {
      if (!(error instanceof NewerSlotsError)) throw error;
      const words = `${this.#path(this.#state)}: ${error.message} It was left as it is.`;
      throw new StoreError(words, { code: "unavailable", cause: error });
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work, work);
    this.#turn = done;
    return done;
  }

  #path(name: string): string {
    return join(this.#dir, name);
  }
}

/** As it is stored; null when it is lost. */
const stateIn = ({ bytes, slots }: FoundFile) => (slots ? (slots.newest?.content ?? null) : bytes);
