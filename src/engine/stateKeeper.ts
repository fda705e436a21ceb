import {
  type CommitOptions,
  isSyncStore,
  type Secret,
  StoreError,
  StoreFencedError,
  type StoreOpenOptions,
  type TpmStore,
} from "../store/store.ts";

import { commitVariables, giveUp, keepCopy, readVariables } from "./besideState.ts";

/** The store as the engine uses it: it knows what is durable, and reports failures instead of throwing them. */
export class StateKeeper {
  readonly #store: TpmStore;
  readonly #onFailure: (error: StoreError) => void;
  #isOpen = false;
  #committed: Uint8Array | null = null;
  #lastCommit: number | null = null;

  /** @param onFailure hears of each failed commit, and of being fenced. */
  constructor(store: TpmStore, onFailure: (error: StoreError) => void) {
    this.#store = store;
    this.#onFailure = onFailure;
    store.onFenced?.(onFailure);
  }

  get kind(): string {
    return this.#store.kind;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get canCommitSync(): boolean {
    return isSyncStore(this.#store);
  }

  /** What a restart would find: the blob of the last commit that succeeded. */
  get committed(): Uint8Array | null {
    return this.#committed;
  }

  /** Why that is not what was committed, where the store knows: a clause. */
  get damage(): string | null {
    return this.#store.damage ?? null;
  }

  /** Milliseconds since 1970; null before this object's first commit. */
  get lastCommit(): number | null {
    return this.#lastCommit;
  }

  async open(options: StoreOpenOptions): Promise<void> {
    await this.close();
    this.#committed = await this.#store.open(options);
    this.#isOpen = true;
  }

  /** @returns null when the blob is durable, or why it is not. */
  async commit(blob: Uint8Array, options?: CommitOptions): Promise<StoreError | null> {
    try {
      await this.#store.commit(blob, options);
    } catch (error) {
      return this.#failed(error);
    }
    return this.#succeeded(blob);
  }

  commitSync(blob: Uint8Array): StoreError | null {
    try {
      if (!isSyncStore(this.#store)) throw new Error(`The ${this.kind} store can't commit synchronously.`);
      this.#store.commitSync(blob);
    } catch (error) {
      return this.#failed(error);
    }
    return this.#succeeded(blob);
  }

  /** @throws StoreError where the store can't be encrypted so. */
  unlock(secret: Secret): void {
    const store = this.#store;
    if (store.unlock === undefined) throw this.#noPassphrase();
    store.unlock(secret);
  }

  /** @throws StoreError: all is as it was. */
  async protect(secret: Secret | null): Promise<void> {
    const store = this.#store;
    if (store.protect === undefined) throw this.#noPassphrase();
    try {
      await store.protect(secret);
    } catch (error) {
      if (isFenced(error)) this.#onFailure(error);
      throw error;
    }
  }

  #noPassphrase(): StoreError {
    return new StoreError(`The ${this.kind} store takes no passphrase here.`, { code: "unavailable" });
  }

  async archive(): Promise<void> {
    await this.#store.archive();
    this.#committed = null;
  }

  /** What is stored is kept aside, under the name that is returned. @throws StoreError, also where the store has no place for it. */
  async keepCopy(): Promise<string | null> {
    try {
      return await keepCopy(this.#store);
    } catch (error) {
      throw this.#failed(error);
    }
  }

  readVariables(): Promise<Uint8Array | null> {
    return readVariables(this.#store);
  }

  /** Who stores them hears of a failure; that the TPM has another owner now is everybody's concern. @throws StoreError */
  async commitVariables(variables: Uint8Array | null): Promise<void> {
    try {
      await commitVariables(this.#store, variables);
    } catch (error) {
      if (isFenced(error)) this.#onFailure(error);
      throw error;
    }
  }

  /** Durably: the store is not open then. @throws StoreError; it is as before, unless another owner has it. */
  async giveUp(migration: string): Promise<void> {
    try {
      await giveUp(this.#store, migration);
    } catch (error) {
      if (isFenced(error)) this.#onFailure(error);
      throw error;
    }
    this.#isOpen = false;
  }

  exportBlob(): Promise<Uint8Array | null> {
    return this.#store.exportBlob();
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#store.close();
  }

  #succeeded(blob: Uint8Array): null {
    this.#committed = blob;
    this.#lastCommit = Date.now();
    return null;
  }

  #failed(cause: unknown): StoreError {
    const error =
      cause instanceof StoreError
        ? cause
        : new StoreError(`The ${this.kind} store failed: ${String(cause)}`, { code: "io", cause });
    this.#onFailure(error);
    return error;
  }
}

export const isFenced = (error: unknown): error is StoreFencedError => error instanceof StoreFencedError;
