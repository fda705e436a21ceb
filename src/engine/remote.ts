import type { Secret, StoreError, StoreSpec, TpmStore } from "../store/store.ts";
import type { ExecuteOptions, PowerOnOptions, TakeOverOptions, Tpm, TpmEvents, TpmSummary } from "./api.ts";
import {
  type Locality,
  type RestoreOptions,
  type RestoreResult,
  type SavedTpm,
  type TpmPower,
  TpmPoweredOffError,
  type TpmSnapshot,
} from "./backend.ts";
import { ownCopy } from "./bytes.ts";
import { MAX_COMMAND_SIZE, type TpmProfile } from "./core.ts";
import { fromWire, TpmStateError, toWire } from "./errors.ts";
import { Emitter } from "./events.ts";
import type { TpmInspection } from "./inspection.ts";
import { readInspection } from "./inspectionRecord.ts";
import { hasSucceeded, ShutdownWatch, shutdownCommand } from "./orderlyShutdown.ts";
import { fromOutcome, type Outcome } from "./outcome.ts";
import { PowerSwitch } from "./powerSwitch.ts";
import type { ExecuteResult, FromWorker, TpmCall, TpmCalls, WorkerChannel, WorkerStatus } from "./protocol.ts";
import { StoreHost } from "./proxyStore.ts";
import { checkLocality, closedError } from "./refusals.ts";
import { TpmPlatformError, type WasmSource } from "./wasm.ts";

export interface RemoteTpmParts {
  channel: WorkerChannel;
  store: StoreSpec | TpmStore;
  profile?: TpmProfile | undefined;
  idleSelfTests?: boolean | undefined;
  wasm: WasmSource;
}

interface Pending {
  isLostWithPower: boolean;
  isCommand: boolean;
  /** The host's own command. */
  isOwn: boolean;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** A TPM in a worker, seen from the page. Power is decided here, because bus handlers can't wait; the rest is there. */
export class RemoteTpm implements Tpm {
  readonly #channel: WorkerChannel;
  readonly #events = new Emitter<TpmEvents>();
  readonly #pending = new Map<number, Pending>();
  readonly #storeHost: StoreHost | undefined;
  readonly #store: StoreSpec | TpmStore;
  readonly #switch: PowerSwitch;
  readonly #shutdownWatch = new ShutdownWatch();
  #nextId = 1;
  #ready: Promise<void>;
  #settleFirst!: (outcome: Outcome) => void;
  #status: WorkerStatus;
  #error: Error | null = null;
  #isDead = false;

  constructor({ channel, store, profile, idleSelfTests, wasm }: RemoteTpmParts) {
    this.#channel = channel;
    this.#store = store;
    const isProxied = isStore(store);
    if (isProxied) this.#storeHost = new StoreHost(store, (message) => channel.post(message));
    this.#status = {
      isFailed: false,
      failureMode: false,
      established: false,
      signaledActs: 0,
      profile: null,
      store: store.kind,
      stateSize: null,
      lastCommit: null,
      error: null,
    };
    this.#switch = new PowerSwitch({
      lose: (error) => {
        this.#shutdownWatch.reset();
        this.#loseAll((call) => call.isLostWithPower, error);
      },
      onPower: (power) => this.#events.emit("power", power),
    });
    this.#ready = new Promise<Outcome>((resolve) => {
      this.#settleFirst = resolve;
    }).then((outcome) => {
      fromOutcome(outcome);
    });
    this.#ready.catch(() => {});
    channel.listen(
      (message) => this.#receive(message),
      (error) => this.#died(error),
    );
    channel.setBusy?.(true);
    channel.post({
      type: "start",
      store: isProxied ? { kind: "proxy", name: store.kind } : store,
      profile,
      idleSelfTests,
      wasm: wasm instanceof URL ? wasm.href : wasm,
    });
  }

  get ready(): Promise<void> {
    return this.#ready;
  }

  get power(): TpmPower {
    return this.#switch.power;
  }

  get established(): boolean {
    return this.#status.established;
  }

  state(): TpmSummary {
    const { isFailed: _, ...rest } = this.#status;
    return { ...rest, power: this.power, error: this.#error };
  }

  on<Name extends keyof TpmEvents>(event: Name, listener: (value: TpmEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  get busy(): boolean {
    for (const { isCommand, isOwn } of this.#pending.values()) if (isCommand && !isOwn) return true;
    return false;
  }

  async execute(command: Uint8Array, options: ExecuteOptions = {}): Promise<Uint8Array> {
    const { locality = 0, signal, own = false } = options;
    this.#switch.requirePower();
    checkLocality(locality);
    const copy = ownCopy(command, MAX_COMMAND_SIZE + 1);
    const id = this.#nextId;
    const loss = { isLostWithPower: true, isCommand: true, isOwn: own };
    const result = this.#call("execute", [copy, locality], loss, [copy.buffer]);
    const cancel = () => this.#channel.post({ type: "cancel", id });
    if (signal?.aborted) cancel();
    signal?.addEventListener("abort", cancel);
    try {
      const { response, command: returned, reason, startedAt, duration } = await result;
      this.#shutdownWatch.answered(returned, response);
      const event = { command: returned, response, locality, reason, own, startedAt, duration };
      if (this.#events.has("command")) this.#events.emit("command", { ...event, response: response.slice() });
      else returned.fill(0);
      return response;
    } finally {
      signal?.removeEventListener("abort", cancel);
    }
  }

  cancel(): void {
    for (const [id, { isCommand }] of this.#pending) {
      if (!isCommand) continue;
      this.#channel.post({ type: "cancel", id });
      return;
    }
  }

  async hashStart(): Promise<void> {
    return this.#event("hashStart", []);
  }

  async hashData(data: Uint8Array): Promise<void> {
    const copy = ownCopy(data);
    return this.#event("hashData", [copy], [copy.buffer]);
  }

  async hashEnd(): Promise<void> {
    return this.#event("hashEnd", []);
  }

  async resetEstablished(locality: Locality): Promise<boolean> {
    checkLocality(locality);
    return this.#event("resetEstablished", [locality]);
  }

  async setPhysicalPresence(asserted: boolean): Promise<void> {
    this.#requireLife();
    return this.#call("setPhysicalPresence", [asserted]);
  }

  async enterFailureMode(): Promise<void> {
    return this.#event("enterFailureMode", []);
  }

  async powerOn(options: PowerOnOptions = {}): Promise<void> {
    const cycle = this.#switch.init();
    this.#switch.tell();
    return this.#resumed(cycle, this.#call("powerOn", [options]));
  }

  async snapshot(): Promise<TpmSnapshot> {
    this.#switch.requirePower();
    return this.#call("snapshot", []);
  }

  async restore({ permanent, volatile }: SavedTpm, options: RestoreOptions = {}): Promise<RestoreResult> {
    this.#switch.requirePower();
    const outcome = await this.#call("restore", [{ permanent, volatile }, options]);
    if (outcome.kind === "restored") {
      this.#shutdownWatch.reset();
      this.#events.emit("replaced", undefined);
      return outcome.result;
    }
    const { resultOf } = await import("./rollback.ts");
    return resultOf(outcome);
  }

  async inspect(): Promise<TpmInspection> {
    return readInspection(await this.#event("inspect", []), this.state().profile);
  }

  async importState(permanent: Uint8Array): Promise<void> {
    this.#requireLife();
    await this.#call("importState", [permanent]);
    this.#events.emit("replaced", undefined);
  }

  async shutDown(): Promise<boolean> {
    if (this.power !== "on" || this.busy || this.#shutdownWatch.isShutDown) return false;
    return hasSucceeded(await this.execute(shutdownCommand(), { own: true }));
  }

  async powerOff(): Promise<void> {
    if (this.#switch.isClosing || this.#isDead) return;
    this.#switch.cut("The TPM's power was cut");
    this.#switch.tell();
    return this.#call("powerOff", []);
  }

  async takeOver({ migration }: TakeOverOptions = {}): Promise<void> {
    this.#requireLife();
    if (!this.#switch.failure) return this.#ready;
    this.#ready = this.#call("takeOver", [migration]);
    this.#ready.catch(() => {});
    return this.#ready;
  }

  async unlock(secret: Secret): Promise<void> {
    this.#requireLife();
    if (!this.#switch.failure) return this.#ready;
    this.#ready = this.#call("unlock", [secret]);
    this.#ready.catch(() => {});
    return this.#ready;
  }

  async setPassphrase(secret: Secret | null): Promise<void> {
    this.#requireLife();
    return this.#call("setPassphrase", [secret]);
  }

  async giveUp(migration: string): Promise<void> {
    this.#requireLife();
    return this.#call("giveUp", [migration]);
  }

  async newTpm({ profile, permanent }: { profile?: TpmProfile; permanent?: Uint8Array } = {}): Promise<void> {
    this.#requireLife();
    this.#switch.cut("A new TPM is being made");
    this.#switch.tell();
    const made = this.#call("newTpm", [profile, permanent]);
    await made;
    this.#ready = made;
    this.#events.emit("replaced", undefined);
  }

  async readVariables(): Promise<Uint8Array | null> {
    this.#requireLife();
    return this.#call("readVariables", []);
  }

  async storeVariables(variables: Uint8Array): Promise<void> {
    this.#requireLife();
    return this.#call("storeVariables", [ownCopy(variables)]);
  }

  async exportState(): Promise<Uint8Array | null> {
    this.#requireLife();
    return this.#call("exportState", []);
  }

  close(): Promise<void> {
    const closing = this.#switch.close(() => (this.#isDead ? Promise.resolve() : this.#closeWorker()));
    this.#switch.tell();
    return closing;
  }

  /** A volatile state that does not fit leaves the power off. */
  async #resumed(cycle: number, powerOn: Promise<void>): Promise<void> {
    try {
      await powerOn;
    } catch (error) {
      const misfits = error instanceof TpmStateError && error.reason === "volatile";
      if (misfits && !this.#switch.isOvertaken(cycle)) {
        this.#switch.cut("The volatile state does not fit");
        this.#switch.tell();
      }
      throw error;
    }
  }

  async #closeWorker(): Promise<void> {
    try {
      await this.#call("close", []);
    } finally {
      this.#isDead = true;
      this.#loseAll(() => true, closedError());
      this.#settleFirst({ ok: false, error: toWire(closedError()) });
      await this.#channel.terminate();
    }
  }

  #receive(message: FromWorker): void {
    if (this.#isDead) return;
    switch (message.type) {
      case "ready":
        this.#settleFirst(message.outcome);
        this.#channel.setBusy?.(this.#pending.size > 0);
        return;
      case "status":
        this.#updateStatus(message.status);
        return;
      case "storeError":
        this.#events.emit("storeError", fromWire(message.error) as StoreError);
        return;
      case "storeCall":
        void this.#storeHost?.serve(message.id, message.name, message.args);
        return;
      case "reply": {
        const call = this.#pending.get(message.id);
        this.#pending.delete(message.id);
        this.#channel.setBusy?.(this.#pending.size > 0);
        if (!call) wipeReturned(message.outcome);
        else if (message.outcome.ok) call.resolve(message.outcome.value);
        else call.reject(fromWire(message.outcome.error));
      }
    }
  }

  #updateStatus(status: WorkerStatus): void {
    this.#status = status;
    this.#error = status.error && fromWire(status.error);
    if (status.isFailed) this.#switch.fail(this.#error ?? new TpmPoweredOffError("The TPM failed."));
    else if (status.profile !== null) this.#switch.loaded();
    this.#changed();
  }

  /** The worker could not be loaded, or it crashed. */
  #died(cause: Error): void {
    if (this.#isDead) return;
    this.#isDead = true;
    const error = new TpmPlatformError(`The TPM's worker stopped: ${cause.message}. Reload the page or start again.`, {
      cause,
    });
    this.#error = error;
    this.#switch.fail(error);
    this.#loseAll(() => true, error);
    this.#settleFirst({ ok: false, error: toWire(error) });
    // An uncaught error need not have ended it, and what is left of it may hold the store's lock.
    void this.#channel.terminate();
    if (isStore(this.#store)) void this.#store.close().catch(() => {});
    this.#changed();
  }

  #changed(): void {
    this.#switch.tell();
    this.#events.emit("state", this.state());
  }

  #event<Name extends TpmCall>(
    name: Name,
    args: Parameters<TpmCalls[Name]>,
    transfer: ArrayBuffer[] = [],
  ): Promise<ReturnType<TpmCalls[Name]>> {
    this.#switch.requirePower();
    return this.#call(name, args, { isLostWithPower: true, isCommand: false, isOwn: false }, transfer);
  }

  #call<Name extends TpmCall>(
    name: Name,
    args: Parameters<TpmCalls[Name]>,
    kind = { isLostWithPower: false, isCommand: false, isOwn: false },
    transfer: ArrayBuffer[] = [],
  ): Promise<ReturnType<TpmCalls[Name]>> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
      this.#pending.set(id, { ...kind, resolve: resolve as (value: unknown) => void, reject });
      this.#channel.setBusy?.(true);
      this.#channel.post({ type: "call", id, name, args }, transfer);
    });
  }

  #loseAll(isLost: (call: Pending) => boolean, error: Error): void {
    for (const [id, call] of this.#pending) {
      if (!isLost(call)) continue;
      this.#pending.delete(id);
      call.reject(error);
    }
  }

  #requireLife(): void {
    this.#switch.requireOpen();
    if (this.#isDead && this.#switch.failure) throw this.#switch.failure;
  }
}

/** A command that comes back to nobody: its caller was told before that it is lost. */
function wipeReturned(outcome: Outcome): void {
  if (outcome.ok) (outcome.value as Partial<ExecuteResult> | null | undefined)?.command?.fill(0);
}

function isStore(store: StoreSpec | TpmStore): store is TpmStore {
  return typeof (store as Partial<TpmStore>).commit === "function";
}
