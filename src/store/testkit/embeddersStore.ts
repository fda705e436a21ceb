/** A store as an embedder might write one: a shelf that compares before it swaps, such as a server's row or a key of a database. */
import {
  type CommitOptions,
  StoreError,
  StoreFencedError,
  StoreLockedError,
  type StoreOpenOptions,
  type TpmStore,
} from "../store.ts";

/** What the embedder has: one row, read and written in one step each. */
export class Shelf {
  epoch = 0;
  owner: string | null = null;
  blob: Uint8Array | null = null;
  readonly kept: Uint8Array[] = [];
}

let owners = 0;

export class EmbeddersStore implements TpmStore {
  readonly kind = "shelf";
  readonly #shelf: Shelf;
  readonly #name = `owner ${++owners}`;
  /** Null while it is not open. */
  #epoch: number | null = null;

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  async open({ takeOver = false }: StoreOpenOptions = {}): Promise<Uint8Array | null> {
    const shelf = this.#shelf;
    const isFree = shelf.owner === null || shelf.owner === this.#name;
    if (!isFree && !takeOver) throw new StoreLockedError(`This TPM is in use by ${shelf.owner}.`, `${shelf.owner}`);
    shelf.owner = this.#name;
    this.#epoch = ++shelf.epoch;
    return shelf.blob?.slice() ?? null;
  }

  async commit(blob: Uint8Array, _options?: CommitOptions): Promise<void> {
    this.#requireEpoch();
    this.#shelf.blob = blob.slice();
  }

  async exportBlob(): Promise<Uint8Array | null> {
    return this.#shelf.blob?.slice() ?? null;
  }

  async archive(): Promise<string | null> {
    this.#requireEpoch();
    const { blob, kept } = this.#shelf;
    if (blob === null) return null;
    this.#shelf.blob = null;
    return `kept ${kept.push(blob)}`;
  }

  async close(): Promise<void> {
    if (this.#epoch === this.#shelf.epoch) this.#shelf.owner = null;
    this.#epoch = null;
  }

  #requireEpoch(): void {
    if (this.#epoch === null) throw new StoreError("The shelf is not open.", { code: "closed" });
    if (this.#epoch !== this.#shelf.epoch) throw new StoreFencedError("Another owner took this TPM over.");
  }
}
