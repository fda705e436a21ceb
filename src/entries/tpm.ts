/**
 * `tabtpm/tpm` in browsers: a TPM without a PC around it, and a client for it. It needs no v86 and no document: a worker will do.
 * @module tabtpm/tpm
 */
import type { InlineTpm, Tpm, TpmOptions } from "../engine/api.ts";
import { browserPlatform } from "../engine/browser.ts";
import { createTpmOn } from "../engine/create.ts";

export * from "./tpmTypes.ts";

/**
 * Makes or opens a TPM. It returns at once and starts to load; {@link Tpm.ready} tells how that went.
 * @throws TypeError for options that can't work in a browser.
 * @example
 * const tpm = createTpm({ store: { kind: "indexeddb", name: "my-pc" } });
 * await tpm.powerOn();
 * const client = new TpmClient(tpm);
 * await client.call("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } });
 * const { parameters } = await client.call("GetRandom", { parameters: { bytesRequested: 16 } });
 */
export function createTpm(options: TpmOptions & { thread: "inline" }): InlineTpm;
export function createTpm(options?: TpmOptions): Tpm;
export function createTpm(options: TpmOptions = {}): Tpm {
  return createTpmOn(browserPlatform, options);
}
