/** The demo CA of an origin, in IndexedDB. Its key can be used there, but not taken out. */
import { createStore, get, update } from "idb-keyval";
import { indexedDbError } from "../store/indexedDbErrors.ts";
import type { DemoAuthority } from "./certificates.ts";

const DATABASE = "tabtpm-authority";
const AUTHORITY = "demo";

/** The CA of this origin; made when there is none. @throws StoreError */
export async function openBrowserAuthority(): Promise<DemoAuthority> {
  const store = createStore(DATABASE, "authority");
  const stored = await orStoreError(() => get<DemoAuthority>(AUTHORITY, store));
  if (stored !== undefined) return stored;
  const { createAuthority } = await import("./certificates.ts");
  const made = await createAuthority();
  // Another tab may have made one in the meantime: there is one CA, the first.
  let first = made;
  const keepFirst = (old: DemoAuthority | undefined) => {
    first = old ?? made;
    return first;
  };
  await orStoreError(() => update<DemoAuthority>(AUTHORITY, keepFirst, store));
  return first;
}

/** Where site data is blocked the database throws when it is asked for, not when it answers. */
async function orStoreError<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw indexedDbError(error, "Opening the demo CA");
  }
}
