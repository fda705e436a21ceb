/**
 * tabtpm in browsers: a TPM 2.0 in a Worker, its state in IndexedDB, and the TIS device for v86.
 * In Node, `import "tabtpm"` resolves to src/node/index.ts, which has the same names.
 * @module tabtpm
 */

export { createTpm } from "./entries/tpm.ts";
export { type FetchGuestOptions, fetchGuest } from "./guest/browser.ts";
export { openBrowserAuthority } from "./provision/browserAuthority.ts";
export * from "./public.ts";
export { openIndexedDatabase } from "./share/indexedDatabase.ts";
export { IndexedDbStore, type IndexedDbStoreOptions } from "./store/indexedDb.ts";
export {
  type NamedTpm,
  NamedTpms,
  type NamedTpmsOptions,
  type TpmCompanion,
  type TpmFacts,
} from "./store/namedTpms.ts";
export { requestPersistence, type StorageOutlook, storageOutlook } from "./store/persistence.ts";
export type { StoredTpm } from "./store/tpmDatabases.ts";
export {
  checkTpmName,
  freeTpmName,
  isSameTpmName,
  TPM_NAME_LIMIT,
  TpmNameError,
  type TpmNameProblem,
} from "./store/tpmNames.ts";
