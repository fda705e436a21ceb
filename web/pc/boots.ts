/** Where the boots of a TPM are kept, beside it. */
import { createStore, del, get, update } from "idb-keyval";
import type { TpmCompanion } from "../../src/index.ts";

const DATABASE = "tabtpm-history";

/** Records of boots, as the library writes them. */
export interface StoredBoots {
  /** The one that runs, or that ran when the page went. */
  readonly present?: Uint8Array;
  readonly last?: Uint8Array;
  readonly good?: Uint8Array;
}

export interface BootStore {
  read(): Promise<StoredBoots>;
  /** Keeps the present boot. @param isNew the one that was is the last one from now on. */
  write(boot: Uint8Array, isNew: boolean): Promise<void>;
  keepGood(boot: Uint8Array): Promise<void>;
  /** As for a TPM that has just been made. */
  remove(): Promise<void>;
}

/** A copy of a TPM has booted nothing yet. */
export const bootsCompanion: TpmCompanion = {
  copy: async () => {},
  remove: (id) => browserBoots(id).remove(),
};

/** @param tpm the name of the TPM's database. The database is opened by the first call, which may reject for it. */
export function browserBoots(tpm: string): BootStore {
  let store: ReturnType<typeof createStore> | null = null;
  const open = () => {
    store ??= createStore(DATABASE, "boots");
    return store;
  };
  const change = (news: (before: StoredBoots) => StoredBoots) =>
    update<StoredBoots>(tpm, (before) => news(before ?? {}), open());
  return {
    read: async () => (await get<StoredBoots>(tpm, open())) ?? {},
    write: async (present, isNew) =>
      change(({ present: before, ...kept }) => ({ ...kept, ...(isNew && before ? { last: before } : {}), present })),
    keepGood: async (good) => change((before) => ({ ...before, good })),
    remove: async () => del(tpm, open()),
  };
}
