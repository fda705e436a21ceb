/** `tabtpm/store` in Node: where a TPM's state is kept. */

export * from "../../entries/storeTypes.ts";
export { STORE_CONTRACT, type StoreContractCase, StoreContractError, type StoreMedium } from "../../store/contract.ts";
export { FileStore, type FileStoreOptions } from "../../store/file.ts";
