/** For a page whose TPMs are all in workers: what a TPM of its own thread would need, which is most of the engine, is not loaded. */
import type { Tpm, TpmOptions } from "../engine/api.ts";
import { browserWorkers } from "../engine/browserWorkers.ts";
import { createInWorker } from "../engine/createInWorker.ts";

/**
 * Makes or opens a TPM in a worker, as `createTpm` does.
 * @throws TypeError for options that can't work in a browser.
 */
export function createWorkerTpm(options: Omit<TpmOptions, "thread"> = {}): Tpm {
  return createInWorker(browserWorkers, options);
}
