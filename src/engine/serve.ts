import type { Secret, TpmStore } from "../store/store.ts";
import type { PowerOnOptions } from "./api.ts";
import type { Locality, RestoreOptions, SavedTpm } from "./backend.ts";
import type { Core, TpmProfile } from "./core.ts";
import { toWire } from "./errors.ts";
import { type Outcome, toOutcome } from "./outcome.ts";
import type { Channel, ExecuteResult, FromWorker, ToWorker, TpmCall, WorkerStore } from "./protocol.ts";
import { ProxyStore } from "./proxyStore.ts";
import { TpmEngine } from "./tpm.ts";
import type { WasmSource } from "./wasm.ts";

export interface WorkerParts {
  /** Opens what a specification says, in this thread. */
  makeStore(spec: Exclude<WorkerStore, { kind: "proxy" }>): TpmStore;
  /** Makes instances of the core that lies at `source`. */
  coreFactory(source: WasmSource): () => Promise<Core>;
}

type WorkerChannelEnd = Channel<FromWorker, ToWorker>;

/** The worker's end: an engine of this thread, driven by messages. */
export function serve(channel: WorkerChannelEnd, parts: WorkerParts): void {
  let server: Server | undefined;
  channel.listen(
    (message) => {
      if (message.type === "start") server = new Server(channel, parts, message);
      else server?.receive(message);
    },
    () => {},
  );
}

class Server {
  readonly #channel: WorkerChannelEnd;
  readonly #engine: TpmEngine;
  readonly #proxyStore: ProxyStore | undefined;
  readonly #executing = new Map<number, AbortController>();

  constructor(channel: WorkerChannelEnd, parts: WorkerParts, start: Extract<ToWorker, { type: "start" }>) {
    this.#channel = channel;
    const { store: spec, profile, idleSelfTests, wasm } = start;
    if (spec.kind === "proxy") {
      this.#proxyStore = new ProxyStore(spec.name, (id, name, args) =>
        channel.post({ type: "storeCall", id, name, args }),
      );
    }
    const store = spec.kind === "proxy" ? (this.#proxyStore as ProxyStore) : parts.makeStore(spec);
    this.#engine = new TpmEngine({
      newCore: parts.coreFactory(typeof wasm === "string" ? new URL(wasm) : wasm),
      store,
      profile,
      idleSelfTests,
    });
    this.#engine.on("state", () => this.#postStatus());
    this.#engine.on("storeError", (error) => channel.post({ type: "storeError", error: toWire(error) }));
    // The status with which it became ready, or failed, has gone before.
    void toOutcome(this.#engine.ready).then((outcome) => channel.post({ type: "ready", outcome }));
  }

  receive(message: Exclude<ToWorker, { type: "start" }>): void {
    switch (message.type) {
      case "call": {
        const { id, name, args } = message;
        if (name === "execute") void this.#execute(id, args[0] as Uint8Array, args[1] as Locality);
        else void toOutcome(this.#call(name, args)).then((outcome) => this.#reply(id, outcome));
        return;
      }
      case "cancel":
        this.#executing.get(message.id)?.abort();
        return;
      case "storeReply":
        this.#proxyStore?.reply(message.id, message.outcome);
        return;
      case "storeFenced":
        this.#proxyStore?.fenced(message.error);
    }
  }

  async #call(name: Exclude<TpmCall, "execute">, args: unknown[]): Promise<unknown> {
    const engine = this.#engine;
    switch (name) {
      case "hashData":
        return engine.hashData(args[0] as Uint8Array);
      case "resetEstablished":
        return engine.resetEstablished(args[0] as Locality);
      case "setPhysicalPresence":
        return engine.setPhysicalPresence(args[0] as boolean);
      case "powerOn":
        return engine.powerOn(args[0] as PowerOnOptions);
      case "restore":
        return engine.restoreOutcome(args[0] as SavedTpm, args[1] as RestoreOptions);
      case "inspect":
        return engine.inspectionRecord();
      case "importState":
        return engine.importState(args[0] as Uint8Array);
      case "newTpm":
        return engine.newTpm({
          profile: args[0] as TpmProfile | undefined,
          permanent: args[1] as Uint8Array | undefined,
        });
      case "unlock":
        return engine.unlock(args[0] as Secret);
      case "setPassphrase":
        return engine.setPassphrase(args[0] as Secret | null);
      case "takeOver":
        return engine.takeOver({ migration: args[0] as string | undefined });
      case "giveUp":
        return engine.giveUp(args[0] as string);
      case "storeVariables":
        return engine.storeVariables(args[0] as Uint8Array);
      default:
        return engine[name]();
    }
  }

  /** The command's bytes came over and are nowhere else: they go back with the response, or are wiped here. */
  async #execute(id: number, command: Uint8Array, locality: Locality): Promise<void> {
    const cancellation = new AbortController();
    this.#executing.set(id, cancellation);
    try {
      const timed = await this.#engine.executeOwned(command, { locality, signal: cancellation.signal });
      const value: ExecuteResult = { ...timed, command };
      this.#reply(id, { ok: true, value }, [command.buffer, timed.response.buffer] as ArrayBuffer[]);
    } catch (error) {
      command.fill(0);
      this.#reply(id, { ok: false, error: toWire(error) });
    } finally {
      this.#executing.delete(id);
    }
  }

  #reply(id: number, outcome: Outcome, transfer: ArrayBuffer[] = []): void {
    this.#channel.post({ type: "reply", id, outcome }, transfer);
  }

  #postStatus(): void {
    const { power, error, ...rest } = this.#engine.state();
    const status = { ...rest, isFailed: power === "failed", error: error && toWire(error) };
    this.#channel.post({ type: "status", status });
  }
}
