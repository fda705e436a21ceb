import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { TpmStore } from "../../store/store.ts";
import type { ExecuteOptions, Tpm } from "../api.ts";
import { AtOnceEngine } from "../atOnceTpm.ts";
import { ownCopy } from "../bytes.ts";
import type { Core, TpmProfile } from "../core.ts";
import { InlineEngine } from "../inlineEngine.ts";
import type { Channel, FromWorker, ToWorker } from "../protocol.ts";
import { RemoteTpm } from "../remote.ts";
import { serve } from "../serve.ts";

export interface BackendParts {
  store: TpmStore;
  newCore(): Promise<Core>;
  profile?: TpmProfile;
  idleSelfTests?: boolean;
}

/** The backends, over one core and store: what holds for one must hold for the others. */
export const BACKENDS: [name: string, make: (parts: BackendParts) => Tpm][] = [
  ["inline", (parts) => new InlineEngine(parts)],
  ["inline, at once", (parts) => new AtOnce(parts)],
  ["worker protocol", overMessages],
];

/** Whose commands go the shorter way where there is one. */
class AtOnce extends AtOnceEngine {
  override async execute(command: Uint8Array, options?: ExecuteOptions): Promise<Uint8Array> {
    const copy = ownCopy(command);
    try {
      return await this.executeAtOnce(copy, options);
    } finally {
      copy.fill(0);
    }
  }
}

/** Both ends of the worker's protocol in one thread: everything that crosses it is cloned, as between threads. */
function overMessages({ store, newCore, profile, idleSelfTests }: BackendParts): Tpm {
  const { port1, port2 } = new MessageChannel();
  serve(channelOf<FromWorker, ToWorker>(port2), {
    makeStore: () => {
      throw new Error("The store is proxied in this test.");
    },
    coreFactory: () => newCore,
  });
  const channel = {
    ...channelOf<ToWorker, FromWorker>(port1),
    async terminate() {
      port1.close();
    },
  };
  return new RemoteTpm({ channel, store, profile, idleSelfTests, wasm: new Uint8Array() });
}

export function channelOf<Sent, Received>(port: MessagePort): Channel<Sent, Received> {
  return {
    post: (message, transfer) => port.postMessage(message, transfer),
    listen(onMessage) {
      port.on("message", onMessage);
    },
  };
}
