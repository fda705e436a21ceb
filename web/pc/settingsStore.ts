/** Where the settings of a TPM are kept, beside it. */
import { createStore, del, get, set } from "idb-keyval";

const DATABASE = "tabtpm-settings";

export interface SettingsStore {
  /** Undefined where nothing is stored. */
  read(): Promise<unknown>;
  write(settings: object): Promise<void>;
  /** As for a TPM that has just been made. */
  remove(): Promise<void>;
}

/** @param tpm the name of the TPM's database. The database is opened by the first call, which may reject for it. */
export function browserSettings(tpm: string): SettingsStore {
  let store: ReturnType<typeof createStore> | null = null;
  const open = () => {
    store ??= createStore(DATABASE, "settings");
    return store;
  };
  return {
    read: async () => get<unknown>(tpm, open()),
    write: async (settings) => set(tpm, settings, open()),
    remove: async () => del(tpm, open()),
  };
}
