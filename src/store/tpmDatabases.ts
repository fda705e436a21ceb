/** The databases of TPMs, looked at without being opened as their owner does: read, listed and deleted, never made. */
import { indexedDbError } from "./indexedDbErrors.ts";
import { completed, DATABASE_PREFIX, EPOCH, OBJECT_STORE, STATE, VARIABLES } from "./indexedDbLayout.ts";

/** The TPM of pages that know one only. */
const FIRST = "default";

export interface StoredTpm {
  /** The permanent state, with all secrets. */
  readonly state: Uint8Array;
  /** The firmware's; null where none are stored. */
  readonly variables: Uint8Array | null;
}

/** @returns the identifiers of all databases that may have a TPM; where the browser does not list them, the first page's. */
export async function tpmDatabases(factory: IDBFactory): Promise<string[]> {
  if (factory.databases === undefined) return [FIRST];
  try {
    const names = (await factory.databases()).map(({ name = "" }) => name);
    return names.filter((name) => name.startsWith(DATABASE_PREFIX)).map((name) => name.slice(DATABASE_PREFIX.length));
  } catch (error) {
    throw indexedDbError(error, "Listing the TPMs");
  }
}

/** @returns null where there is no such TPM: no database, or one without a state. @throws StoreError */
export async function readTpmDatabase(factory: IDBFactory, id: string): Promise<StoredTpm | null> {
  try {
    const database = await openExisting(factory, DATABASE_PREFIX + id);
    if (database === null) return null;
    try {
      if (!database.objectStoreNames.contains(OBJECT_STORE)) return null;
      const transaction = database.transaction(OBJECT_STORE, "readonly");
      const store = transaction.objectStore(OBJECT_STORE);
      const [state, variables] = [store.get(STATE), store.get(VARIABLES)];
      await completed(transaction);
      if (!(state.result instanceof Uint8Array)) return null;
      return { state: state.result, variables: variables.result instanceof Uint8Array ? variables.result : null };
    } finally {
      database.close();
    }
  } catch (error) {
    throw indexedDbError(error, "Reading a TPM's state");
  }
}

/** Whether nothing is lost with a database: there is none, or it has neither a state nor one that was set aside. @throws StoreError */
export async function isTpmDatabaseEmpty(factory: IDBFactory, id: string): Promise<boolean> {
  try {
    const database = await openExisting(factory, DATABASE_PREFIX + id);
    if (database === null) return true;
    try {
      if (!database.objectStoreNames.contains(OBJECT_STORE)) return false;
      const transaction = database.transaction(OBJECT_STORE, "readonly");
      const keys = transaction.objectStore(OBJECT_STORE).getAllKeys();
      await completed(transaction);
      return keys.result.every((key) => key === EPOCH || key === VARIABLES);
    } finally {
      database.close();
    }
  } catch (error) {
    throw indexedDbError(error, "Reading a TPM's database");
  }
}

/** Deletes the database with all that is in it, at once or not at all. @throws StoreError */
export async function deleteTpmDatabase(factory: IDBFactory, id: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      const request = factory.deleteDatabase(DATABASE_PREFIX + id);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    });
  } catch (error) {
    throw indexedDbError(error, "Deleting a TPM's database");
  }
}

/** An open would make a database that is not there. */
function openExisting(factory: IDBFactory, name: string): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name);
    let isMissing = false;
    request.onupgradeneeded = () => {
      isMissing = true;
      request.transaction?.abort();
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = (event) => {
      // Firefox reports the abort as an error of the page otherwise.
      event.preventDefault();
      if (isMissing) resolve(null);
      else reject(request.error);
    };
  });
}
