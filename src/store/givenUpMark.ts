/**
 * The record that a TPM was given up to a migration: while it is there, that migration alone may have the TPM. It is read and changed in
 * the transactions that decide who has it.
 */
import { GIVEN_UP } from "./indexedDbLayout.ts";
import { givenUpError, notGivenUpError, type StoreError } from "./store.ts";

/**
 * @param migration that takes what was given up to it; undefined for whoever opens the TPM as its own.
 * @param answer called once, within the transaction: with a StoreGivenUpError or NotGivenUpError where it may not be opened so.
 */
export function checkMark(
  store: IDBObjectStore,
  migration: string | undefined,
  answer: (refusal: StoreError | undefined) => void,
): void {
  const mark = store.get(GIVEN_UP);
  mark.onsuccess = () => {
    const to = mark.result as string | undefined;
    if (to === migration) answer(undefined);
    else answer(migration === undefined ? givenUpError(String(to)) : notGivenUpError());
  };
}

export function setMark(store: IDBObjectStore, migration: string): void {
  store.put(migration, GIVEN_UP);
}

export function removeMark(store: IDBObjectStore): void {
  store.delete(GIVEN_UP);
}
