/** `tabtpm/tpm` in Node: a TPM without a PC around it, and a client for it. It needs no v86. */
import type { AtOnceTpm, Tpm, TpmOptions } from "../../engine/api.ts";
import { createTpmOn } from "../../engine/create.ts";
import { nodePlatform } from "../../engine/node.ts";

export type { AtOnceTpm } from "../../engine/api.ts";
export * from "../../entries/tpmTypes.ts";

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
export function createTpm(options?: TpmOptions & { thread?: "inline" }): AtOnceTpm;
export function createTpm(options: TpmOptions): Tpm;
export function createTpm(options: TpmOptions = {}): Tpm {
  return createTpmOn(nodePlatform, options);
}
