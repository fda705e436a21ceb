import { get } from "idb-keyval";
import { checkMark } from "./givenUpMark.ts";
import { IndexedDbClaim, randomName } from "./indexedDbClaim.ts";
import { IndexedDbConnection, orStoreError } from "./indexedDbConnection.ts";
import { indexedDbError, noWebLocks } from "./indexedDbErrors.ts";
import { completed, DATABASE_PREFIX, KEPT, STATE, VARIABLES } from "./indexedDbLayout.ts";
import { IndexedDbProtection } from "./indexedDbProtection.ts";
import {
  type Secret,
  StoreError,
  type StoreFencedError,
  StoreLockedError,
  type StoreOpenOptions,
  type TpmStore,
} from "./store.ts";
import { acquireWebLock, describeHolder, type HeldLock, type LockManagerLike } from "./webLock.ts";

export interface IndexedDbStoreOptions {
  /** The TPM's name: one database (`tabtpm/<name>`) and one Web Lock of the same name. */
  name: string;
  indexedDB?: IDBFactory;
  locks?: LockManagerLike;
  /** Encrypts all that is stored: a passphrase, or the key that was made of one. */
  secret?: Secret | undefined;
  /** How long to wait for the lock of a page that is being replaced by a reload; default 1000 ms. */
  lockWaitMs?: number;
}

/**
 * The TPM's state in IndexedDB, in a window or a worker. Each transaction asks for `durability: "strict"`: the
 * default since Chromium 121 reports a commit before it is on the disk.
 *
 * A Web Lock keeps a second tab out. A lock that was stolen does not stop what its old holder has queued, so each
 * commit also compares the epoch inside its own transaction: once a new owner has bumped it, no old commit passes.
 */
export class IndexedDbStore implements TpmStore {
  readonly kind = "indexeddb";
  readonly #name: string;
  readonly #options: IndexedDbStoreOptions;
  readonly #connection: IndexedDbConnection;
  readonly #claim: IndexedDbClaim;
  readonly #protection: IndexedDbProtection;
  #lock: HeldLock | undefined;

  constructor(options: IndexedDbStoreOptions) {
    const { name, secret } = options;
    this.#name = DATABASE_PREFIX + name;
    this.#options = options;
    this.#connection = new IndexedDbConnection(this.#name, () => options.indexedDB ?? globalThis.indexedDB);
    this.#claim = new IndexedDbClaim(this.#connection.use);
    this.#protection = new IndexedDbProtection(name, secret);
  }

  /** A clause for {@link TpmStore.damage}. */
  get damage(): string | null {
    return this.#protection.damage;
  }

  unlock(secret: Secret): void {
    this.#protection.secret = secret;
  }

  async open(options: StoreOpenOptions = {}): Promise<Uint8Array | null> {
    await this.close();
    this.#connection.factory();
    const locks = this.#locks();
    this.#claim.renew();
    const { takeOver = false, migration } = options;
    // Who can't open it takes it from nobody.
    if (takeOver) await this.#look(migration);
    // What was given up has no owner: nobody's lock is to be taken away for it.
    const lock = await this.#acquire(locks, takeOver && migration === undefined);
    if (!lock) {
      const holder = await describeHolder(locks, this.#name);
      throw new StoreLockedError(`This TPM is in use by ${holder}. Close that one, or take the TPM over.`, holder);
    }
    try {
      // A migration's mark is there for who can open what it gave up.
      if (migration !== undefined) await this.#look(migration);
      const stored = asBlob(await this.#claim.make(migration));
      const blob = await this.#protection.openState(stored);
      this.#lock = lock;
      return blob;
    } catch (error) {
      this.#claim.drop();
      this.#protection.close();
      await lock.release();
      await this.#connection.close();
      throw indexedDbError(error, "Opening the TPM's state");
    }
  }

  async commit(blob: Uint8Array): Promise<void> {
    // The clone that IndexedDB makes covers the whole buffer under a view.
    const own = blob.byteLength === blob.buffer.byteLength ? blob : blob.slice();
    const stored = await this.#protection.seal(own, "permanent");
    await this.#claim.write("Storing the TPM's state", (store) => {
      store.put(stored, STATE);
    });
  }

  archive(): Promise<string | null> {
    return this.#keep("Setting the TPM's state aside", (store) => store.delete(STATE));
  }

  keepCopy(): Promise<string | null> {
    return this.#keep("Keeping a copy of the TPM's state", () => {});
  }

  async #keep(doing: string, then: (store: IDBObjectStore) => void): Promise<string | null> {
    // Of two in one millisecond, each has a name of its own.
    const key = `${KEPT}${new Date().toISOString()}-${randomName().slice(0, 4)}`;
    let found = false;
    await this.#claim.write(doing, (store) => {
      const state = store.get(STATE);
      state.onsuccess = () => {
        if (state.result === undefined) return;
        found = true;
        store.add(state.result, key);
        then(store);
      };
    });
    return found ? key : null;
  }

  /** Not encrypted, where it is open and that is possible. */
  async exportBlob(): Promise<Uint8Array | null> {
    const stored = await this.#read(STATE, "Reading the TPM's state");
    return stored && this.#protection.open(stored, "permanent").catch(() => stored);
  }

  /**
   * All that is stored is encrypted with this secret from now on, or, with null, no longer: in one transaction, so that a
   * crash leaves it as it was, or as it is to be. States that were set aside go with it, but for those that another
   * passphrase encrypted.
   */
  async protect(secret: Secret | null): Promise<void> {
    const doing = secret === null ? "Taking the passphrase away" : "Setting the passphrase";
    this.#claim.check(doing);
    await this.#protection.change(secret, doing, this.#connection.use, (changed) =>
      this.#claim.write(doing, (store) => {
        for (const [key, value] of changed) store.put(value, key);
      }),
    );
  }

  async readVariables(): Promise<Uint8Array | null> {
    const doing = "Reading the firmware's variables";
    this.#claim.check(doing);
    const stored = await this.#read(VARIABLES, doing);
    return stored && this.#protection.open(stored, "variables");
  }

  async commitVariables(variables: Uint8Array | null): Promise<void> {
    const own = variables === null ? undefined : await this.#protection.seal(variables.slice(), "variables");
    await this.#claim.write("Storing the firmware's variables", (store) => {
      if (own === undefined) store.delete(VARIABLES);
      else store.put(own, VARIABLES);
    });
  }

  async #read(key: string, doing: string): Promise<Uint8Array | null> {
    this.#connection.factory();
    try {
      return asBlob(await get<unknown>(key, this.#connection.use));
    } catch (error) {
      throw indexedDbError(error, doing);
    } finally {
      if (!this.#lock) await this.#connection.close();
    }
  }

  async giveUp(migration: string): Promise<void> {
    await this.#claim.giveUp(migration);
    await this.close();
  }

  async close(): Promise<void> {
    const lock = this.#lock;
    this.#lock = undefined;
    this.#claim.drop();
    this.#protection.close();
    await this.#connection.close();
    await lock?.release();
  }

  onFenced(listener: (error: StoreFencedError) => void): void {
    this.#claim.onFenced(listener);
  }

  /**
   * Without the lock: whether it could be opened.
   * @throws StoreGivenUpError, NotGivenUpError, SealedStateError, StoreError; nothing was changed.
   */
  async #look(migration: string | undefined): Promise<void> {
    let stored: Uint8Array | null = null;
    let refusal: StoreError | undefined;
    try {
      await this.#connection.use("readonly", (store) => {
        const state = store.get(STATE);
        state.onsuccess = () => {
          stored = state.result instanceof Uint8Array ? state.result : null;
        };
        checkMark(store, migration, (found) => {
          refusal = found;
        });
        return completed(store.transaction);
      });
      if (refusal) throw refusal;
      await this.#protection.openState(stored);
    } catch (error) {
      this.#protection.close();
      await this.#connection.close();
      throw indexedDbError(error, "Opening the TPM's state");
    }
  }

  #locks(): LockManagerLike {
    const locks = orStoreError(() => this.#options.locks ?? globalThis.navigator?.locks);
    if (!locks) throw noWebLocks();
    return locks;
  }

  /** @throws StoreError: a browser that blocks site data refuses the lock before anybody asks for the database. */
  async #acquire(locks: LockManagerLike, steal: boolean): Promise<HeldLock | null> {
    try {
      const waitMs = this.#options.lockWaitMs ?? 1000;
      return await acquireWebLock(locks, this.#name, { steal, waitMs, onStolen: () => this.#claim.fence() });
    } catch (error) {
      throw indexedDbError(error, "Locking the TPM's state");
    }
  }
}

function asBlob(value: unknown): Uint8Array | null {
  if (value === undefined) return null;
  if (value instanceof Uint8Array) return value;
  throw new StoreError(
    "The database has something else than bytes where the TPM's state belongs; it was left as it is.",
    {
      code: "io",
    },
  );
}
