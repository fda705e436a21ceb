/** tabtpm in Node: a TPM 2.0 in this thread or a worker thread, its state in a folder or in memory. */
import type { InlineTpm, Tpm, TpmOptions } from "../engine/api.ts";
import { createTpmOn } from "../engine/create.ts";
import { nodePlatform } from "../engine/node.ts";

export { loadGuestFromDirectory, type NodeGuestOptions } from "../guest/node.ts";
export * from "../public.ts";
export { FileStore, type FileStoreOptions } from "../store/file.ts";
export { type DiskFile, openDiskFile } from "./diskFile.ts";
export { HostFolder, type HostFolderOptions } from "./hostFolder/index.ts";

/**
 * Makes or opens a TPM. It returns at once and starts to load; {@link Tpm.ready} tells how that went.
 * @throws TypeError for options that can't work in Node.
 * @example
 * const tpm = createTpm({ store: { kind: "file", dir: "./my-tpm" } });
 * await tpm.powerOn();
 * const client = new TpmClient(tpm);
 * await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
 * const { parameters } = await client.call("GetRandom", { parameters: { bytesRequested: 16 } });
 * await tpm.close();
 */
export function createTpm(options?: TpmOptions & { thread?: "inline" }): InlineTpm;
export function createTpm(options: TpmOptions): Tpm;
export function createTpm(options: TpmOptions = {}): Tpm {
  return createTpmOn(nodePlatform, options);
}
