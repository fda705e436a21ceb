/** The TPM's worker in browsers: a module of its own, loaded with `new Worker`. */
import { makeBrowserStore } from "./browserStores.ts";
import type { ToWorker } from "./protocol.ts";
import { serve } from "./serve.ts";
import { coreFactory } from "./wasm.ts";

/** The part of DedicatedWorkerGlobalScope that is used; TypeScript's DOM and WebWorker libraries exclude each other. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
}
const scope = globalThis as unknown as WorkerScope;

serve(
  {
    post: (message, transfer = []) => scope.postMessage(message, transfer),
    listen(onMessage) {
      scope.onmessage = ({ data }) => onMessage(data);
    },
  },
  { makeStore: makeBrowserStore, coreFactory },
);
