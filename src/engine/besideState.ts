/** What a store may have no place for: the firmware's variables, a copy of the state beside it. */
import { StoreError, type TpmStore } from "../store/store.ts";

export async function readVariables(store: TpmStore): Promise<Uint8Array | null> {
  return (await store.readVariables?.()) ?? null;
}

/** @throws StoreError, also where there is no place and something to put there. */
export async function commitVariables(store: TpmStore, variables: Uint8Array | null): Promise<void> {
  if (store.commitVariables) return store.commitVariables(variables);
  if (variables === null) return;
  throw new StoreError(`The ${store.kind} store has no place for the firmware's variables: they stay what they were.`, {
    code: "unavailable",
  });
}

/** @throws StoreError, also where the store gives nothing up. */
export async function giveUp(store: TpmStore, migration: string): Promise<void> {
  if (store.giveUp) return store.giveUp(migration);
  throw new StoreError(
    `The ${store.kind} store can't note that its TPM was given up, so that it can't move from there. Save a copy instead.`,
    { code: "unavailable" },
  );
}

/** @throws StoreError, also where there is no place: nobody is to lose a state unasked. */
export async function keepCopy(store: TpmStore): Promise<string | null> {
  if (store.keepCopy) return store.keepCopy();
  throw new StoreError(
    `The ${store.kind} store can't keep the TPM's state of now aside, so it is not replaced. Save it with exportState() and put it back with importState() instead.`,
    { code: "unavailable" },
  );
}
