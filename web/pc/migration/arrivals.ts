/** The machine that moves, as it is kept in this browser until it runs: one for each TPM. Both tabs of an origin see it. */
import { createStore, del, get, set } from "idb-keyval";

export interface Arrival {
  readonly migration: string;
  /** A machine file. */
  readonly machine: ArrayBuffer;
}

/** The database is opened at the first use, once. */
export function openArrivals() {
  let store: ReturnType<typeof createStore> | null = null;
  const open = () => {
    store ??= createStore("tabtpm-moves", "machines");
    return store;
  };
  return {
    keep: (tpm: string, arrival: Arrival): Promise<void> => set(tpm, arrival, open()),
    read: async (tpm: string): Promise<Arrival | null> => (await get<Arrival>(tpm, open())) ?? null,
    forget: (tpm: string): Promise<void> => del(tpm, open()),
  };
}

/** The page's. */
export const arrivals = openArrivals();
