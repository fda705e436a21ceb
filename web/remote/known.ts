/** What a verifier knows from before, kept by the browser: the EK that it was shown, a policy, and roots. */
import { createStore, del, get, set } from "idb-keyval";

const DATABASE = "tabtpm-verifier";
const KEY = "known";

export interface Known {
  /** Name of the EK that it was shown, in hex; null: none yet. */
  readonly ekName: string | null;
  /** When: milliseconds since 1970. */
  readonly since: number | null;
  /** As JSON; null: none. */
  readonly policy: string | null;
  /** Certificates that an EK's may lead to, in DER. */
  readonly roots: readonly Uint8Array[];
}

export const nothingKnown: Known = { ekName: null, since: null, policy: null, roots: [] };

export interface KnownStore {
  read(): Promise<Known>;
  write(known: Known): Promise<void>;
  forget(): Promise<void>;
}

/** Each rejects where the browser keeps nothing. */
export function browserKnown(): KnownStore {
  let store: ReturnType<typeof createStore> | null = null;
  const open = () => {
    store ??= createStore(DATABASE, "known");
    return store;
  };
  return {
    read: async () => ({ ...nothingKnown, ...(await get<Known>(KEY, open())) }),
    write: (known) => set(KEY, known, open()),
    forget: () => del(KEY, open()),
  };
}
