import process from "node:process";
import { Worker } from "node:worker_threads";
import { abandonFileLock } from "../store/fileLock.ts";
import type { StoreSpec } from "../store/store.ts";
import { AtOnceEngine } from "./atOnceTpm.ts";
import type { Platform } from "./create.ts";
import { compileInNode, makeNodeStore } from "./nodeParts.ts";
import type { FromWorker, WorkerChannel } from "./protocol.ts";
import { type CoreFiles, chooseCore } from "./relaxedSimd.ts";

const CORES: CoreFiles = {
  plain: new URL("./tabtpm.wasm", import.meta.url),
  relaxed: new URL("./tabtpm-relaxed.wasm", import.meta.url),
};

export const nodePlatform: Platform = {
  name: "Node",
  defaultStore: { kind: "memory" },
  defaultThread: "inline",
  Inline: AtOnceEngine,
  cores: CORES,
  get wasm() {
    const { TABTPM_RELAXED_SIMD } = process.env;
    return chooseCore(CORES, TABTPM_RELAXED_SIMD !== "0");
  },
  stores: ["file", "memory"],
  makeStore: makeNodeStore,
  compile: compileInNode,
  startWorker: (store, script) => startNodeWorker(script ?? workerModule(), store),
};

/** Node 20 runs no TypeScript: from the sources, the worker is the compiled one. */
function workerModule(): URL {
  const isSource = import.meta.url.endsWith(".ts");
  return new URL(isSource ? "../../dist/engine/workerNode.js" : "./workerNode.js", import.meta.url);
}

/** @param store what the worker will open: a file lock that it leaves behind is released when it dies. */
export function startNodeWorker(module: URL, store: StoreSpec | null): WorkerChannel {
  const worker = new Worker(module, { name: "tabtpm" });
  const { threadId } = worker;
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen(onMessage, onDeath) {
      worker.on("message", (message: FromWorker) => onMessage(message));
      worker.on("messageerror", onDeath);
      let cause: Error | undefined;
      worker.on("error", (error) => {
        cause = error;
      });
      // Comes after "error" too. Whoever hears of the death finds the folder free.
      worker.on("exit", (code) => {
        const death = cause ?? new Error(`it ended with exit code ${code}`);
        void releaseLockOf(threadId, store).finally(() => onDeath(death));
      });
    },
    async terminate() {
      await worker.terminate();
    },
    setBusy(isBusy) {
      if (isBusy) worker.ref();
      else worker.unref();
    },
  };
}

async function releaseLockOf(threadId: number, store: StoreSpec | null): Promise<void> {
  if (store?.kind !== "file") return;
  try {
    await abandonFileLock(store.dir, threadId);
  } catch {
    // The folder is gone or can't be written: then there is no lock that could be in anybody's way.
  }
}
