/**
 * tabtpm in browsers: a TPM 2.0 in a Worker, its state in IndexedDB, and the TIS device for v86.
 * In Node, `import "tabtpm"` resolves to src/node/index.ts, which has the same names.
 */

export { createTpm } from "./entries/tpm.ts";
export { type FetchGuestOptions, fetchGuest } from "./guest/browser.ts";
export { openBrowserAuthority } from "./provision/browserAuthority.ts";
export * from "./public.ts";
export { openIndexedDatabase } from "./share/indexedDatabase.ts";
export { IndexedDbStore, type IndexedDbStoreOptions } from "./store/indexedDb.ts";
export { requestPersistence, type StorageOutlook, storageOutlook } from "./store/persistence.ts";
