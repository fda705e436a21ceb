import { makeBrowserStore } from "./browserStores.ts";
import { browserParts, browserWorkers } from "./browserWorkers.ts";
import type { Platform } from "./create.ts";
import { compileCore } from "./wasm.ts";

export const browserPlatform: Platform = {
  ...browserParts,
  get wasm() {
    return browserWorkers.wasm;
  },
  defaultThread: "worker",
  makeStore: makeBrowserStore,
  compile: compileCore,
};
