/** The TPM's worker in Node. */
import { parentPort } from "node:worker_threads";
import { compileInNode, makeNodeStore } from "./nodeParts.ts";
import type { ToWorker } from "./protocol.ts";
import { serve } from "./serve.ts";
import { coreFactory } from "./wasm.ts";

const port = parentPort;
if (!port) throw new Error("workerNode runs in a worker thread only.");

serve(
  {
    post: (message, transfer) => port.postMessage(message, transfer),
    listen(onMessage) {
      port.on("message", (message: ToWorker) => onMessage(message));
    },
  },
  { makeStore: makeNodeStore, coreFactory: (source) => coreFactory(source, compileInNode) },
);
