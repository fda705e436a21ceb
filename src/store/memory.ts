import {
  givenUpError,
  notGivenUpError,
  StoreError,
  StoreFencedError,
  StoreLockedError,
  type StoreOpenOptions,
  type SyncTpmStore,
} from "./store.ts";

/** What outlives a {@link MemoryStore}: give the same medium to another store and it finds the blob, as on a disk. */
export class MemoryMedium {
  blob: Uint8Array | null = null;
  variables: Uint8Array | null = null;
  /** The migration that the TPM was given up to. */
  givenUp: string | null = null;
  readonly kept = new Map<string, Uint8Array>();
  owner: MemoryStore | null = null;
}

/** A TPM that is forgotten with its medium: tests, benchmarks, demonstrations. */
export class MemoryStore implements SyncTpmStore {
  readonly kind = "memory";
  readonly #medium: MemoryMedium;
  #opened = false;
  #fencedListener: ((error: StoreFencedError) => void) | undefined;

  constructor(medium = new MemoryMedium()) {
    this.#medium = medium;
  }

  openSync(options: StoreOpenOptions = {}): Uint8Array | null {
    const { givenUp } = this.#medium;
    if (options.migration !== undefined && givenUp !== options.migration) throw notGivenUpError();
    if (options.migration === undefined && givenUp !== null) throw givenUpError(givenUp);
    const other = this.#medium.owner;
    if (other !== null && other !== this) {
      if (!options.takeOver) {
        throw new StoreLockedError("This TPM's memory is in use by another owner: close that one.", "another owner");
      }
      this.#medium.owner = this;
      other.#fencedListener?.(other.#fencedError());
    }
    this.#medium.givenUp = null;
    this.#medium.owner = this;
    this.#opened = true;
    return this.#medium.blob?.slice() ?? null;
  }

  commitSync(blob: Uint8Array): void {
    this.#requireLock();
    this.#medium.blob = blob.slice();
  }

  async open(options?: StoreOpenOptions): Promise<Uint8Array | null> {
    return this.openSync(options);
  }

  async commit(blob: Uint8Array): Promise<void> {
    this.commitSync(blob);
  }

  async exportBlob(): Promise<Uint8Array | null> {
    return this.#medium.blob?.slice() ?? null;
  }

  async archive(): Promise<string | null> {
    const name = this.#keep();
    this.#medium.blob = null;
    return name;
  }

  async keepCopy(): Promise<string | null> {
    return this.#keep();
  }

  #keep(): string | null {
    this.#requireLock();
    const { blob, kept } = this.#medium;
    if (blob === null) return null;
    const name = `kept-${kept.size + 1}`;
    kept.set(name, blob.slice());
    return name;
  }

  async readVariables(): Promise<Uint8Array | null> {
    this.#requireLock();
    return this.#medium.variables?.slice() ?? null;
  }

  async commitVariables(variables: Uint8Array | null): Promise<void> {
    this.#requireLock();
    this.#medium.variables = variables?.slice() ?? null;
  }

  async giveUp(migration: string): Promise<void> {
    this.#requireLock();
    this.#medium.givenUp = migration;
    await this.close();
  }

  async close(): Promise<void> {
    this.#opened = false;
    if (this.#medium.owner === this) this.#medium.owner = null;
  }

  onFenced(listener: (error: StoreFencedError) => void): void {
    this.#fencedListener = listener;
  }

  #requireLock(): void {
    if (!this.#opened) throw new StoreError("The memory store is not open: call open() first.", { code: "closed" });
    if (this.#medium.owner !== this) throw this.#fencedError();
  }

  #fencedError(): StoreFencedError {
    return new StoreFencedError("Another owner took this TPM over; nothing more is stored from here.");
  }
}
