import { indexedDbError } from "./indexedDbErrors.ts";
import { DATABASE_PREFIX, GIVEN_UP, OBJECT_STORE } from "./indexedDbLayout.ts";

/**
 * The migration that a TPM of this origin was given up to, as its store says, whoever has it open; null for none.
 * @param name as that of the store
 * @throws StoreError
 */
export async function givenUpTo(name: string, factory: IDBFactory = globalThis.indexedDB): Promise<string | null> {
  try {
    const database = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = factory.open(DATABASE_PREFIX + name);
      // One that is not there is not to be made.
      request.onupgradeneeded = () => request.transaction?.abort();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    try {
      const request = database.transaction(OBJECT_STORE).objectStore(OBJECT_STORE).get(GIVEN_UP);
      return await new Promise((resolve, reject) => {
        request.onsuccess = () => resolve((request.result as string | undefined) ?? null);
        request.onerror = () => reject(request.error);
      });
    } finally {
      database.close();
    }
  } catch (error) {
    throw indexedDbError(error, "Looking whether the TPM was given up");
  }
}
