/**
 * What the page keeps for each TPM in a place of its own, under its identifier, and what therefore goes with it when it
 * is copied or deleted. Whoever keeps something more adds it here. A new name changes nothing: the identifier stays.
 */
import { createStore, del, get, set } from "idb-keyval";
import type { TpmCompanion } from "../../../src/index.ts";
import { bootsCompanion } from "../boots.ts";

/** A database of one object store, as idb-keyval makes it, whose keys are the TPMs' identifiers. */
export function keptByTpm(database: string, objectStore: string): TpmCompanion {
  let store: ReturnType<typeof createStore> | null = null;
  const open = () => {
    store ??= createStore(database, objectStore);
    return store;
  };
  return {
    async copy(from, to) {
      const value = await get<unknown>(from, open());
      if (value !== undefined) await set(to, value, open());
    },
    remove: async (id) => del(id, open()),
  };
}

/** A copy of a TPM whose machine moves is another TPM, which goes nowhere. */
const arrivalsCompanion: TpmCompanion = {
  copy: async () => {},
  remove: async (id) => (await import("../migration/arrivals.ts")).arrivals.forget(id),
};

/** The PC's settings, the records of its boots, and the machine that moves. */
export const companions: readonly TpmCompanion[] = [
  keptByTpm("tabtpm-settings", "settings"),
  bootsCompanion,
  arrivalsCompanion,
];
