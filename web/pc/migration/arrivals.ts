/** The machine that moves, as it is kept in this browser until it runs: one for each TPM. Both tabs of an origin see it. */
import { createStore, del, get, set, type UseStore } from "idb-keyval";

export interface Arrival {
  readonly migration: string;
  /** A machine file. */
  readonly machine: ArrayBuffer;
}

const MACHINES = "machines";

/** The database is opened at the first use, once. */
export function openArrivals() {
  let store: UseStore | null = null;
  /** On the disk when it resolves: the TPM is given up after that, durably too. */
  const use: UseStore = async (mode, work) => {
    store ??= createStore("tabtpm-moves", MACHINES);
    const database = await store("readonly", ({ transaction }) => transaction.db);
    return work(database.transaction(MACHINES, mode, { durability: "strict" }).objectStore(MACHINES));
  };
  return {
    keep: (tpm: string, arrival: Arrival): Promise<void> => set(tpm, arrival, use),
    read: async (tpm: string): Promise<Arrival | null> => (await get<Arrival>(tpm, use)) ?? null,
    forget: (tpm: string): Promise<void> => del(tpm, use),
  };
}

/** The page's. */
export const arrivals = openArrivals();
