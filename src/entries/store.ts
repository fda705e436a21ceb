/**
 * `tabtpm/store` in browsers: where a TPM's state is kept, in a window or a worker.
 * @module tabtpm/store
 */
export { IndexedDbStore, type IndexedDbStoreOptions } from "../store/indexedDb.ts";
export * from "./storeTypes.ts";
