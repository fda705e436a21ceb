import type { UseStore } from "idb-keyval";
import { indexedDbError, noIndexedDb } from "./indexedDbErrors.ts";
import { OBJECT_STORE } from "./indexedDbLayout.ts";
import { StoreError } from "./store.ts";

const OPEN_TIMEOUT_MS = 15_000;

/** The connection to one TPM's database: made when it is first used, and made anew when the browser has closed it. */
export class IndexedDbConnection {
  readonly #name: string;
  readonly #look: () => IDBFactory | undefined;
  #database: Promise<IDBDatabase> | undefined;

  /**
   * @param name of the database.
   * @param look for the browser's databases; where site data is blocked, even that may throw.
   */
  constructor(name: string, look: () => IDBFactory | undefined) {
    this.#name = name;
    this.#look = look;
  }

  /** @throws StoreError: there are no databases, or site data is blocked. */
  factory(): IDBFactory {
    const factory = orStoreError(this.#look);
    if (!factory) throw noIndexedDb();
    return factory;
  }

  /** idb-keyval's custom store: the place where strict durability gets in. */
  readonly use: UseStore = async (mode, callback) => {
    for (let attempt = 0; ; attempt++) {
      const connection = this.#connect();
      const database = await connection;
      let transaction: IDBTransaction;
      try {
        transaction = database.transaction(OBJECT_STORE, mode, { durability: "strict" });
      } catch (error) {
        // The browser closed the connection and has not said so yet: a new one will do.
        if ((error as DOMException).name !== "InvalidStateError" || attempt > 0) throw error;
        if (this.#database === connection) this.#database = undefined;
        continue;
      }
      return callback(transaction.objectStore(OBJECT_STORE));
    }
  };

  #connect(): Promise<IDBDatabase> {
    if (this.#database) return this.#database;
    const forget = () => {
      if (this.#database === connection) this.#database = undefined;
    };
    const connection = openDatabase(this.factory(), this.#name, forget);
    connection.catch(forget);
    this.#database = connection;
    return connection;
  }

  async close(): Promise<void> {
    const connection = this.#database;
    this.#database = undefined;
    // One that failed to open needs no closing.
    (await connection?.catch(() => undefined))?.close();
  }
}

/** What a browser that blocks site data throws at a look. @throws StoreError */
export function orStoreError<T>(look: () => T): T {
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
