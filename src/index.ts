/**
 * tabtpm in browsers: a TPM 2.0 in a Worker, its state in IndexedDB, and the TIS device for v86.
 * In Node, `import "tabtpm"` resolves to src/node/index.ts, which has the same names.
 */
import type { InlineTpm, Tpm, TpmOptions } from "./engine/api.ts";
import { browserPlatform } from "./engine/browser.ts";
import { createTpmOn } from "./engine/create.ts";

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
