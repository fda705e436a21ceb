import type { UseStore } from "idb-keyval";
import { checkMark, removeMark, setMark } from "./givenUpMark.ts";
import { indexedDbError } from "./indexedDbErrors.ts";
import { completed, EPOCH, STATE } from "./indexedDbLayout.ts";
import { givenUpError, StoreError, StoreFencedError, type StoreGivenUpError } from "./store.ts";

/** Who may write: replaced by each owner when it opens, compared in the transaction of each commit. */
interface Epoch {
  count: number;
  /** Random: a database that was deleted and made again starts counting anew. */
  owner: string;
}

/** That one instance, and no other, writes into a TPM's database. */
export class IndexedDbClaim {
  readonly #use: UseStore;
  #epoch: Epoch | undefined;
  #fenced: StoreFencedError | StoreGivenUpError | undefined;
  #listener: ((error: StoreFencedError) => void) | undefined;

  constructor(use: UseStore) {
    this.#use = use;
  }

  onFenced(listener: (error: StoreFencedError) => void): void {
    this.#listener = listener;
  }

  /** What took the last claim away counts no more: another one is to be made. */
  renew(): void {
    this.#fenced = undefined;
  }

  /**
   * Bumps the epoch and reads what is stored as the TPM's state, in one transaction. One that was given up is given up no more then.
   * @throws StoreGivenUpError, NotGivenUpError; nothing was changed.
   */
  async make(migration: string | undefined): Promise<unknown> {
    let stored: unknown;
    let epoch: Epoch | undefined;
    let refusal: StoreError | undefined;
    const claim = (store: IDBObjectStore) => {
      const before = store.get(EPOCH);
      before.onsuccess = () => {
        epoch = after(before.result as Epoch | undefined);
        store.put(epoch, EPOCH);
      };
      const state = store.get(STATE);
      state.onsuccess = () => {
        stored = state.result;
      };
      if (migration !== undefined) removeMark(store);
    };
    try {
      await this.#use("readwrite", (store) => {
        checkMark(store, migration, (found) => {
          refusal = found;
          if (refusal) store.transaction.abort();
          else claim(store);
        });
        return completed(store.transaction);
      });
    } catch (error) {
      throw refusal ?? error;
    }
    this.#epoch = epoch;
    return stored;
  }

  /** Whoever made it writes no more, until it makes another. */
  drop(): void {
    this.#epoch = undefined;
  }

  /** The TPM is the migration's from now on, and no claim is left. @throws as {@link write} */
  async giveUp(migration: string): Promise<void> {
    await this.write("Giving the TPM up", (store) => {
      setMark(store, migration);
      // What this store has queued behind it is refused as well.
      store.put(after(this.#epoch), EPOCH);
    });
    this.#fenced = givenUpError(migration);
  }

  /** Runs `change` in a transaction of its own, if the epoch in it is still ours. @throws StoreFencedError, StoreError */
  async write(doing: string, change: (store: IDBObjectStore) => void): Promise<void> {
    const ours = this.check(doing);
    let isFenced = false;
    try {
      await this.#use("readwrite", (store) => {
        const current = store.get(EPOCH);
        current.onsuccess = () => {
          const epoch = current.result as Epoch | undefined;
          if (epoch?.count === ours.count && epoch.owner === ours.owner) {
            change(store);
          } else {
            isFenced = true;
            store.transaction.abort();
          }
        };
        return completed(store.transaction);
      });
    } catch (error) {
      if (isFenced) throw this.fence();
      throw indexedDbError(error, doing);
    }
  }

  /** @throws StoreFencedError, StoreGivenUpError; StoreError when the store is closed. */
  check(doing: string): Epoch {
    if (this.#fenced) throw this.#fenced;
    if (!this.#epoch) throw new StoreError(`${doing}: the store is not open; call open() first.`, { code: "closed" });
    return this.#epoch;
  }

  /** Another owner has it; the listener is told once. */
  fence(): StoreError {
    if (!this.#fenced) {
      const fenced = new StoreFencedError(
        "Another tab took this TPM over, or its database was deleted; nothing more is stored from here.",
      );
      this.#fenced = fenced;
      this.#listener?.(fenced);
    }
    return this.#fenced;
  }
}

function after(epoch: Epoch | undefined): Epoch {
  return { count: (epoch?.count ?? 0) + 1, owner: randomName() };
}

/** 128 bits, in hexadecimal digits. */
export function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
