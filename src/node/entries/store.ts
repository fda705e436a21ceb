/** `tabtpm/store` in Node: where a TPM's state is kept. */
export * from "../../entries/storeTypes.ts";
export { FileStore, type FileStoreOptions } from "../../store/file.ts";
