/**
 * `tabtpm/store` in browsers: where a TPM's state is kept, in a window or a worker.
 * @module tabtpm/store
 */
export { STORE_CONTRACT, type StoreContractCase, StoreContractError, type StoreMedium } from "../store/contract.ts";
export { IndexedDbStore, type IndexedDbStoreOptions } from "../store/indexedDb.ts";
export * from "./storeTypes.ts";
