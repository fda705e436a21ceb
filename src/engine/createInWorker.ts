/** Makes a TPM in a worker. Nothing here knows the engine, so that a page whose TPMs are all in workers does not load it twice. */
import type { StoreSpec } from "../store/store.ts";
import type { Tpm, TpmOptions } from "./api.ts";
import type { WorkerChannel } from "./protocol.ts";
import type { CoreFiles } from "./relaxedSimd.ts";
import { RemoteTpm } from "./remote.ts";
import type { WasmSource } from "./wasm.ts";

/** What differs between browsers and Node for a TPM in a worker. */
export interface WorkerPlatform {
  readonly name: string;
  readonly defaultStore: StoreSpec;
  /** The core's builds beside this module. */
  readonly cores: CoreFiles;
  /** That of them which is to be loaded here, unless the TPM's options say otherwise. */
  readonly wasm: URL;
  readonly stores: readonly StoreSpec["kind"][];
  /** @param script the worker's, when it does not lie beside this module. */
  startWorker(store: StoreSpec | null, script?: URL): WorkerChannel;
}

/** @throws TypeError for a kind of store that is not among the platform's, and for a passphrase that can't be one. */
export function storeOf(platform: WorkerPlatform, options: TpmOptions): NonNullable<TpmOptions["store"]> {
  const { store = platform.defaultStore } = options;
  if (!("commit" in store) && !platform.stores.includes(store.kind)) {
    throw new TypeError(
      `There are no "${store.kind}" stores in ${platform.name}; choose one of: ${platform.stores.join(", ")}.`,
    );
  }
  if ("passphrase" in store && store.passphrase !== undefined && !isPassphrase(store.passphrase)) {
    throw new TypeError(`A passphrase has 1 to ${LONGEST_PASSPHRASE} characters.`);
  }
  return store;
}

/** As src/passphrase has it. */
const LONGEST_PASSPHRASE = 1024;
const isPassphrase = (text: string) => text !== "" && text.length <= LONGEST_PASSPHRASE;

export function coreOf(platform: WorkerPlatform, { wasm, relaxedSimd = true }: TpmOptions): WasmSource {
  return wasm ?? (relaxedSimd ? platform.wasm : platform.cores.plain);
}

/** @throws TypeError for options that can't work here; everything else rejects {@link Tpm.ready}. */
export function createInWorker(platform: WorkerPlatform, options: Omit<TpmOptions, "thread">): Tpm {
  const { profile, idleSelfTests, worker } = options;
  const store = storeOf(platform, options);
  const wasm = coreOf(platform, options);
  const channel = platform.startWorker("commit" in store ? null : store, worker);
  return new RemoteTpm({ channel, store, profile, idleSelfTests, wasm });
}
