/**
 * tabtpm in Node: a TPM 2.0 in this thread or a worker thread, its state in a folder or in memory.
 * @module tabtpm in Node
 */

export { loadGuestFromDirectory, type NodeGuestOptions } from "../guest/node.ts";
export * from "../public.ts";
export { FileStore, type FileStoreOptions } from "../store/file.ts";
export { type DiskFile, openDiskFile } from "./diskFile.ts";
export { type AtOnceTpm, createTpm } from "./entries/tpm.ts";
export { HostFolder, type HostFolderOptions } from "./hostFolder/index.ts";
