import type { StoreSpec, TpmStore } from "../store/store.ts";
import type { Tpm, TpmOptions } from "./api.ts";
import type { WorkerChannel } from "./protocol.ts";
import type { CoreFiles } from "./relaxedSimd.ts";
import { RemoteTpm } from "./remote.ts";
import { TpmEngine, type TpmEngineParts } from "./tpm.ts";
import { coreFactory, type WasmSource } from "./wasm.ts";

/** What differs between browsers and Node. */
export interface Platform {
  readonly name: string;
  readonly defaultStore: StoreSpec;
  readonly defaultThread: "inline" | "worker";
  /** A TPM in this thread, where it is another than the usual. */
  readonly Inline?: new (
    parts: TpmEngineParts,
  ) => TpmEngine;
  /** The core's builds beside this module. */
  readonly cores: CoreFiles;
  /** That of them which is to be loaded here, unless the TPM's options say otherwise. */
  readonly wasm: URL;
  readonly stores: readonly StoreSpec["kind"][];
  /** @throws TypeError for a kind that is not among {@link stores}. */
  makeStore(spec: StoreSpec): TpmStore;
  compile(source: WasmSource): Promise<WebAssembly.Module>;
  /** @param script the worker's, when it does not lie beside this module. */
  startWorker(store: StoreSpec | null, script?: URL): WorkerChannel;
}

/** @throws TypeError for options that can't work here; everything else rejects {@link Tpm.ready}. */
export function createTpmOn(platform: Platform, options: TpmOptions): Tpm {
  const { store = platform.defaultStore, profile, thread = platform.defaultThread } = options;
  const { idleSelfTests, relaxedSimd = true, worker } = options;
  const wasm = options.wasm ?? (relaxedSimd ? platform.wasm : platform.cores.plain);
  const isCustom = "commit" in store;
  if (!isCustom && !platform.stores.includes(store.kind)) {
    throw new TypeError(
      `There are no "${store.kind}" stores in ${platform.name}; choose one of: ${platform.stores.join(", ")}.`,
    );
  }
  if (thread === "inline") {
    const { Inline = TpmEngine } = platform;
    return new Inline({
      newCore: coreFactory(wasm, platform.compile),
      store: isCustom ? store : platform.makeStore(store),
      profile,
      idleSelfTests,
    });
  }
  const channel = platform.startWorker(isCustom ? null : store, worker);
  return new RemoteTpm({ channel, store, profile, idleSelfTests, wasm });
}
