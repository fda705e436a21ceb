import { IndexedDbStore } from "../store/indexedDb.ts";
import { MemoryStore } from "../store/memory.ts";
import type { StoreSpec, TpmStore } from "../store/store.ts";

/** Opens what a specification says, in a window or a worker. */
export function makeBrowserStore(spec: StoreSpec): TpmStore {
  switch (spec.kind) {
    case "indexeddb":
      return new IndexedDbStore({ name: spec.name, secret: spec.passphrase });
    case "memory":
      return new MemoryStore();
    case "file":
      throw new TypeError('There are no "file" stores in browsers.');
  }
}
