/** A folder's rows in IndexedDB: one object store, whose keys are arrays as the rows' are. */
import type { Database, Key, Transaction } from "./database.ts";
import { FileError } from "./errors.ts";

const OBJECT_STORE = "rows";
const VERSION = 1;

/**
 * @param name of the database; made when it is not there.
 * @throws FileError EIO with the reason when the browser has no IndexedDB here, or refuses it.
 */
export async function openIndexedDatabase(
  name: string,
  factory: IDBFactory | undefined = globalThis.indexedDB,
): Promise<Database> {
  if (factory === undefined)
    throw new FileError("EIO", "This browser offers no IndexedDB here, so no file can be kept");
  let request: IDBOpenDBRequest;
  try {
    request = factory.open(name, VERSION);
  } catch (error) {
    throw fileError(error);
  }
  request.onupgradeneeded = () => request.result.createObjectStore(OBJECT_STORE);
  // A newer page in another tab must not wait for this one.
  const database = await resultOf(request);
  database.onversionchange = () => database.close();
  return new IndexedDatabase(database);
}

class IndexedDatabase implements Database {
  readonly #database: IDBDatabase;

  constructor(database: IDBDatabase) {
    this.#database = database;
  }

  async run<Result>(mode: "read" | "write" | "safe", work: (rows: Transaction) => Promise<Result>): Promise<Result> {
    let transaction: IDBTransaction;
    try {
      const durability = mode === "safe" ? "strict" : "relaxed";
      const access = mode === "read" ? "readonly" : "readwrite";
      transaction = this.#database.transaction(OBJECT_STORE, access, { durability });
    } catch (error) {
      throw fileError(error);
    }
    const over = outcome(transaction);
    // Looked at below; until then its rejection is early, not unhandled.
    over.catch(() => {});
    let result: Result;
    try {
      result = await work(rowsOf(transaction.objectStore(OBJECT_STORE)));
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has aborted by itself; the error says why.
      }
      throw fileError(error);
    }
    await over;
    return result;
  }

  close(): void {
    this.#database.close();
  }
}

function outcome(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () =>
      reject(fileError(transaction.error ?? new Error("the browser aborted the transaction")));
  });
}

function rowsOf(store: IDBObjectStore): Transaction {
  return {
    get: (key) => resultOf(store.get(key as IDBValidKey)),
    put: async (key, value) => void (await resultOf(store.put(value, key as IDBValidKey))),
    delete: async (key) => void (await resultOf(store.delete(key as IDBValidKey))),
    list: async (prefix) => {
      const range = below(prefix);
      const [keys, values] = await Promise.all([resultOf(store.getAllKeys(range)), resultOf(store.getAll(range))]);
      return keys.map((key, index) => ({ key: key as unknown as Key, value: values[index] }));
    },
    deleteAll: async (prefix, from = 0) => void (await resultOf(store.delete(below(prefix, from)))),
  };
}

/** Arrays come after numbers and texts, and a longer key after its beginning. */
function below(prefix: Key, from?: number): IDBKeyRange {
  const start = from === undefined ? prefix : [...prefix, from];
  return IDBKeyRange.bound(start, [...prefix, []], from === undefined, true);
}

function resultOf<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(fileError(request.error));
  });
}

function fileError(error: unknown): FileError {
  if (error instanceof FileError) return error;
  const { name = "", message = String(error) } = (error ?? {}) as { name?: string; message?: string };
  if (name === "QuotaExceededError") {
    return new FileError("ENOSPC", "The browser's storage quota is used up", { cause: error });
  }
  return new FileError("EIO", `The browser's storage failed: ${name} ${message}`.trim(), { cause: error });
}
