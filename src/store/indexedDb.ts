import { get, type UseStore } from "idb-keyval";
import { isSealedWithPassphrase } from "../passphrase/index.ts";
import { indexedDbError, noIndexedDb, noWebLocks } from "./indexedDbErrors.ts";
import {
  completed,
  DATABASE_PREFIX,
  EPOCH,
  GIVEN_UP,
  KEPT,
  OBJECT_STORE,
  STATE,
  VARIABLES,
} from "./indexedDbLayout.ts";
import type { ProtectedPart, Protection } from "./protection.ts";
import {
  givenUpError,
  notGivenUpError,
  SealedStateError,
  type Secret,
  StoreError,
  StoreFencedError,
  type StoreGivenUpError,
  StoreLockedError,
  type StoreOpenOptions,
  type TpmStore,
} from "./store.ts";
import { acquireWebLock, describeHolder, type HeldLock, type LockManagerLike } from "./webLock.ts";

const OPEN_TIMEOUT_MS = 15_000;

/** Who may write: replaced by each owner when it opens, compared in the transaction of each commit. */
interface Epoch {
  count: number;
  /** Random: a database that was deleted and made again starts counting anew. */
  owner: string;
}

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
  readonly #lockWaitMs: number;
  #connection: Promise<IDBDatabase> | undefined;
  #lock: HeldLock | undefined;
  #epoch: Epoch | undefined;
  #fenced: StoreFencedError | StoreGivenUpError | undefined;
  #fencedListener: ((error: StoreFencedError) => void) | undefined;
  #secret: Secret | undefined;
  /** Of the secret; there while the store is open. */
  #protection: Protection | undefined;
  #damage: string | null = null;

  constructor(options: IndexedDbStoreOptions) {
    this.#name = DATABASE_PREFIX + options.name;
    this.#options = options;
    this.#lockWaitMs = options.lockWaitMs ?? 1000;
    this.#secret = options.secret;
  }

  /** A clause for {@link TpmStore.damage}. */
  get damage(): string | null {
    return this.#damage;
  }

  unlock(secret: Secret): void {
    this.#secret = secret;
  }

  async open(options: StoreOpenOptions = {}): Promise<Uint8Array | null> {
    await this.close();
    this.#indexedDb();
    const locks = this.#locks();
    this.#fenced = undefined;
    const { takeOver = false, migration } = options;
    // What was given up has no owner: nobody's lock is to be taken away for it.
    const lock = await this.#acquire(locks, takeOver && migration === undefined);
    if (!lock) {
      const holder = await describeHolder(locks, this.#name);
      throw new StoreLockedError(`This TPM is in use by ${holder}. Close that one, or take the TPM over.`, holder);
    }
    try {
      const stored = await this.#claim(migration);
      const blob = await this.#unprotected(stored);
      this.#lock = lock;
      return blob;
    } catch (error) {
      this.#epoch = undefined;
      this.#protection = undefined;
      await lock.release();
      await this.#disconnect();
      throw indexedDbError(error, "Opening the TPM's state");
    }
  }

  async commit(blob: Uint8Array): Promise<void> {
    // The clone that IndexedDB makes covers the whole buffer under a view.
    const own = blob.byteLength === blob.buffer.byteLength ? blob : blob.slice();
    const stored = await this.#sealed(own, "permanent");
    await this.#write("Storing the TPM's state", (store) => {
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
    await this.#write(doing, (store) => {
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
    const protection = this.#protection;
    if (stored === null || protection === undefined) return stored;
    return protection.open(stored, "permanent").catch(() => stored);
  }

  /**
   * All that is stored is encrypted with this secret from now on, or, with null, no longer: in one transaction, so that a
   * crash leaves it as it was, or as it is to be. States that were set aside go with it, but for those that another
   * passphrase encrypted.
   */
  async protect(secret: Secret | null): Promise<void> {
    const doing = secret === null ? "Taking the passphrase away" : "Setting the passphrase";
    this.#requireOpen(doing);
    const next = secret === null ? undefined : await this.#protectionOf(secret);
    const changed = new Map<string, Uint8Array>();
    for (const [key, value] of await this.#all(doing)) {
      const part = key === VARIABLES ? "variables" : "permanent";
      let plain: Uint8Array;
      try {
        plain = (await this.#protection?.open(value, part)) ?? value;
      } catch (error) {
        if (!key.startsWith(KEPT)) throw error;
        continue;
      }
      changed.set(key, (await next?.seal(plain, part)) ?? plain);
    }
    await this.#write(doing, (store) => {
      for (const [key, value] of changed) store.put(value, key);
    });
    this.#secret = secret ?? undefined;
    this.#protection = next;
  }

  async readVariables(): Promise<Uint8Array | null> {
    const doing = "Reading the firmware's variables";
    this.#requireOpen(doing);
    const stored = await this.#read(VARIABLES, doing);
    return stored && ((await this.#protection?.open(stored, "variables")) ?? stored);
  }

  async commitVariables(variables: Uint8Array | null): Promise<void> {
    const own = variables === null ? undefined : await this.#sealed(variables.slice(), "variables");
    await this.#write("Storing the firmware's variables", (store) => {
      if (own === undefined) store.delete(VARIABLES);
      else store.put(own, VARIABLES);
    });
  }

  async #read(key: string, doing: string): Promise<Uint8Array | null> {
    this.#indexedDb();
    try {
      return asBlob(await get<unknown>(key, this.#use));
    } catch (error) {
      throw indexedDbError(error, doing);
    } finally {
      if (!this.#lock) await this.#disconnect();
    }
  }

  async giveUp(migration: string): Promise<void> {
    await this.#write("Giving the TPM up", (store) => {
      store.put(migration, GIVEN_UP);
      // What this store has queued behind it is refused as well.
      store.put({ count: (this.#epoch?.count ?? 0) + 1, owner: randomName() } satisfies Epoch, EPOCH);
    });
    this.#fenced = givenUpError(migration);
    await this.close();
  }

  async close(): Promise<void> {
    const lock = this.#lock;
    this.#lock = undefined;
    this.#epoch = undefined;
    this.#protection = undefined;
    await this.#disconnect();
    await lock?.release();
  }

  onFenced(listener: (error: StoreFencedError) => void): void {
    this.#fencedListener = listener;
  }

  async #protectionOf(secret: Secret): Promise<Protection> {
    // Only who has a passphrase loads it.
    const { Protection } = await import("./protection.ts");
    return new Protection(this.#options.name, secret);
  }

  /** What {@link open} gives of what is stored. @throws SealedStateError */
  async #unprotected(stored: Uint8Array | null): Promise<Uint8Array | null> {
    this.#damage = null;
    const isSealed = stored !== null && isSealedWithPassphrase(stored);
    if (this.#secret === undefined && !isSealed) return stored;
    try {
      if (this.#secret === undefined) {
        throw await (await import("./protection.ts")).problemWithoutSecret(stored as Uint8Array);
      }
      this.#protection = await this.#protectionOf(this.#secret);
      return stored && (await this.#protection.open(stored, "permanent"));
    } catch (error) {
      if (!(error instanceof SealedStateError) || error.reason !== "damaged") throw error;
      this.#damage = `is damaged: ${error.message}`;
      // No core takes it for a state.
      return stored;
    }
  }

  async #sealed(plain: Uint8Array, part: ProtectedPart): Promise<Uint8Array> {
    return (await this.#protection?.seal(plain, part)) ?? plain;
  }

  /** All that can be encrypted, by key. */
  async #all(doing: string): Promise<Map<string, Uint8Array>> {
    const found = new Map<string, Uint8Array>();
    try {
      await this.#use("readonly", (store) => {
        const keys = store.getAllKeys();
        const values = store.getAll();
        values.onsuccess = () => {
          keys.result.forEach((key, index) => {
            const value: unknown = values.result[index];
            if (key !== EPOCH && value instanceof Uint8Array) found.set(String(key), value);
          });
        };
        return completed(store.transaction);
      });
    } catch (error) {
      throw indexedDbError(error, doing);
    }
    return found;
  }

  /** Where site data is blocked, even to look for it may throw. @throws StoreError */
  #indexedDb(): IDBFactory {
    const factory = orStoreError(() => this.#options.indexedDB ?? globalThis.indexedDB);
    if (!factory) throw noIndexedDb();
    return factory;
  }

  #locks(): LockManagerLike {
    const locks = orStoreError(() => this.#options.locks ?? globalThis.navigator?.locks);
    if (!locks) throw noWebLocks();
    return locks;
  }

  /** @throws StoreError: a browser that blocks site data refuses the lock before anybody asks for the database. */
  async #acquire(locks: LockManagerLike, steal: boolean): Promise<HeldLock | null> {
    try {
      const waitMs = this.#lockWaitMs;
      return await acquireWebLock(locks, this.#name, { steal, waitMs, onStolen: () => this.#fence() });
    } catch (error) {
      throw indexedDbError(error, "Locking the TPM's state");
    }
  }

  /**
   * Makes this instance the writer: bumps the epoch and reads the blob, in one transaction. One that was given up is given up no more then.
   * @throws StoreGivenUpError, NotGivenUpError; nothing was changed.
   */
  async #claim(migration: string | undefined): Promise<Uint8Array | null> {
    let blob: unknown;
    let epoch: Epoch | undefined;
    let refusal: StoreError | undefined;
    const claim = (store: IDBObjectStore) => {
      const before = store.get(EPOCH);
      before.onsuccess = () => {
        epoch = { count: ((before.result as Epoch | undefined)?.count ?? 0) + 1, owner: randomName() };
        store.put(epoch, EPOCH);
      };
      const state = store.get(STATE);
      state.onsuccess = () => {
        blob = state.result;
      };
      if (migration !== undefined) store.delete(GIVEN_UP);
    };
    try {
      await this.#use("readwrite", (store) => {
        const given = store.get(GIVEN_UP);
        given.onsuccess = () => {
          const to = given.result as string | undefined;
          if (to === migration) return claim(store);
          refusal = migration === undefined ? givenUpError(String(to)) : notGivenUpError();
          store.transaction.abort();
        };
        return completed(store.transaction);
      });
    } catch (error) {
      throw refusal ?? error;
    }
    this.#epoch = epoch;
    return asBlob(blob);
  }

  /** Runs `change` in a transaction of its own, if the epoch in it is still ours. */
  async #write(doing: string, change: (store: IDBObjectStore) => void): Promise<void> {
    const ours = this.#requireOpen(doing);
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
      if (isFenced) throw this.#fence();
      throw indexedDbError(error, doing);
    }
  }

  /** @throws StoreFencedError; StoreError when it is closed. */
  #requireOpen(doing: string): Epoch {
    if (this.#fenced) throw this.#fenced;
    if (!this.#epoch) throw new StoreError(`${doing}: the store is not open; call open() first.`, { code: "closed" });
    return this.#epoch;
  }

  #fence(): StoreError {
    if (!this.#fenced) {
      const fenced = new StoreFencedError(
        "Another tab took this TPM over, or its database was deleted; nothing more is stored from here.",
      );
      this.#fenced = fenced;
      this.#fencedListener?.(fenced);
    }
    return this.#fenced;
  }

  /** idb-keyval's custom store: the place where strict durability gets in. */
  readonly #use: UseStore = async (mode, callback) => {
    for (let attempt = 0; ; attempt++) {
      const connection = this.#connect();
      const database = await connection;
      let transaction: IDBTransaction;
      try {
        transaction = database.transaction(OBJECT_STORE, mode, { durability: "strict" });
      } catch (error) {
        // The browser closed the connection and has not said so yet: a new one will do.
        if ((error as DOMException).name !== "InvalidStateError" || attempt > 0) throw error;
        if (this.#connection === connection) this.#connection = undefined;
        continue;
      }
      return callback(transaction.objectStore(OBJECT_STORE));
    }
  };

  #connect(): Promise<IDBDatabase> {
    if (this.#connection) return this.#connection;
    const forget = () => {
      if (this.#connection === connection) this.#connection = undefined;
    };
    const connection = openDatabase(this.#indexedDb(), this.#name, forget);
    connection.catch(forget);
    this.#connection = connection;
    return connection;
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    // One that failed to open needs no closing.
    (await connection?.catch(() => undefined))?.close();
  }
}

function orStoreError<T>(look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw indexedDbError(error, "Opening the TPM's state");
  }
}

function openDatabase(factory: IDBFactory, name: string, onGone: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, 1);
    // Seen in the field: an open that never answers, after the browser's storage process crashed.
    let gaveUp = false;
    const timer = setTimeout(() => {
      gaveUp = true;
      reject(
        new StoreError(
          `The browser did not open the database "${name}" within ${OPEN_TIMEOUT_MS / 1000} s. Close this site's other tabs, or restart the browser.`,
          { code: "unavailable" },
        ),
      );
    }, OPEN_TIMEOUT_MS);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(OBJECT_STORE);
    };
    request.onsuccess = () => {
      clearTimeout(timer);
      const database = request.result;
      if (gaveUp) {
        database.close();
        return;
      }
      database.onclose = onGone;
      // Somebody deletes or upgrades the database: stand aside, or they would wait for ever.
      database.onversionchange = () => {
        onGone();
        database.close();
      };
      resolve(database);
    };
    request.onerror = () => {
      clearTimeout(timer);
      reject(request.error);
    };
  });
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

function randomName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
