import { keepCopy } from "../../engine/besideState.ts";
import {
  type CommitOptions,
  StoreError,
  type StoreFencedError,
  type StoreOpenOptions,
  type TpmStore,
} from "../../store/store.ts";

/** A store that can be switched off, as NV outside of a TPM's chip: commits fail until it is on again. */
export class SwitchableStore implements TpmStore {
  readonly #store: TpmStore;
  isAvailable = true;

  constructor(store: TpmStore) {
    this.#store = store;
  }

  get kind(): string {
    return this.#store.kind;
  }

  open(options?: StoreOpenOptions): Promise<Uint8Array | null> {
    return this.#store.open(options);
  }

  get damage(): string | null {
    return this.#store.damage ?? null;
  }

  async commit(blob: Uint8Array, options?: CommitOptions): Promise<void> {
    this.#requireAvailable();
    return this.#store.commit(blob, options);
  }

  exportBlob(): Promise<Uint8Array | null> {
    return this.#store.exportBlob();
  }

  archive(): Promise<string | null> {
    return this.#store.archive();
  }

  async keepCopy(): Promise<string | null> {
    this.#requireAvailable();
    return keepCopy(this.#store);
  }

  async readVariables(): Promise<Uint8Array | null> {
    return (await this.#store.readVariables?.()) ?? null;
  }

  async commitVariables(variables: Uint8Array | null): Promise<void> {
    this.#requireAvailable();
    await this.#store.commitVariables?.(variables);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  onFenced(listener: (error: StoreFencedError) => void): void {
    this.#store.onFenced?.(listener);
  }

  #requireAvailable(): void {
    if (!this.isAvailable) throw new StoreError("The TPM's NV is switched off.", { code: "unavailable" });
  }
}
