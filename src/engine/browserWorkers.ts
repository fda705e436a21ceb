import type { StoreSpec } from "../store/store.ts";
import type { WorkerPlatform } from "./createInWorker.ts";
import type { FromWorker, WorkerChannel } from "./protocol.ts";
import { type CoreFiles, chooseCore } from "./relaxedSimd.ts";

// Bundlers look for these very expressions.
const CORES: CoreFiles = {
  plain: new URL("./tabtpm.wasm", import.meta.url),
  relaxed: new URL("./tabtpm-relaxed.wasm", import.meta.url),
};

/** All but the build of the core, which is chosen when it is first asked for. */
export const browserParts: Omit<WorkerPlatform, "wasm"> = {
  name: "browsers",
  defaultStore: { kind: "indexeddb", name: "default" },
  cores: CORES,
  stores: ["indexeddb", "memory"],
  startWorker,
};

/** Browsers, for TPMs in workers. */
export const browserWorkers: WorkerPlatform = {
  ...browserParts,
  get wasm() {
    return chooseCore(CORES);
  },
};

function startWorker(_: StoreSpec | null, script?: URL): WorkerChannel {
  const worker =
    script === undefined
      ? // Bundlers look for this very expression. They find worker.ts for worker.js where TypeScript is not compiled yet.
        new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "tabtpm" })
      : new Worker(script, { type: "module", name: "tabtpm" });
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    listen(onMessage, onDeath) {
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => onMessage(data);
      worker.onmessageerror = () => onDeath(new Error("a message could not be decoded"));
      worker.onerror = (event) => {
        onDeath(new Error(event.message || "its script could not be loaded; is the page's build complete?"));
      };
    },
    async terminate() {
      worker.terminate();
    },
  };
}
