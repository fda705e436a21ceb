import type { StoreSpec, TpmStore } from "../store/store.ts";
import type { Tpm, TpmOptions } from "./api.ts";
import { coreOf, createInWorker, storeOf, type WorkerPlatform } from "./createInWorker.ts";
import { InlineEngine } from "./inlineEngine.ts";
import type { TpmEngineParts } from "./tpm.ts";
import { coreFactory, type WasmSource } from "./wasm.ts";

/** What differs between browsers and Node. */
export interface Platform extends WorkerPlatform {
  readonly defaultThread: "inline" | "worker";
  /** A TPM in this thread, where it is another than the usual. */
  readonly Inline?: new (
    parts: TpmEngineParts,
  ) => InlineEngine;
  /** @throws TypeError for a kind that is not among {@link WorkerPlatform.stores}. */
  makeStore(spec: StoreSpec): TpmStore;
  compile(source: WasmSource): Promise<WebAssembly.Module>;
}

/** @throws TypeError for options that can't work here; everything else rejects {@link Tpm.ready}. */
export function createTpmOn(platform: Platform, { thread = platform.defaultThread, ...options }: TpmOptions): Tpm {
  if (thread !== "inline") return createInWorker(platform, options);
  const store = storeOf(platform, options);
  const { Inline = InlineEngine } = platform;
  return new Inline({
    newCore: coreFactory(coreOf(platform, options), platform.compile),
    store: "commit" in store ? store : platform.makeStore(store),
    profile: options.profile,
    idleSelfTests: options.idleSelfTests,
  });
}
