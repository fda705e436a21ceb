import type { StoreError, TpmStore } from "../store/store.ts";
import type {
  ExecuteOptions,
  InlineTpm,
  PowerOnOptions,
  TpmCommandEvent,
  TpmEvents,
  TpmSnapshot,
  TpmSummary,
} from "./api.ts";
import type { Locality, TpmPower } from "./backend.ts";
import { type Core, MAX_COMMAND_SIZE, type TpmProfile } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { PowerCycle } from "./powerCycle.ts";
import type { ExecuteResult } from "./protocol.ts";
import { JobQueue } from "./queue.ts";
import { checkLocality, closedError, lostError, noPowerError } from "./refusals.ts";
import { isFenced, StateKeeper } from "./stateKeeper.ts";

export interface TpmEngineParts {
  /** A new instance of the core, each time. */
  newCore(): Promise<Core>;
  store: TpmStore;
  profile?: TpmProfile | undefined;
}

/** A TPM in this thread: a core, a store and the order of things. */
export class TpmEngine implements InlineTpm {
  readonly #newCore: () => Promise<Core>;
  readonly #askedProfile: TpmProfile | undefined;
  readonly #keeper: StateKeeper;
  readonly #queue = new JobQueue();
  readonly #events = new Emitter<TpmEvents>();
  #ready: Promise<void>;
  #isLoaded = false;
  #failure: Error | null = null;
  /** The stored blob can't be used; a new TPM sets it aside. */
  #isUnusable = false;
  #profile: TpmProfile | null = null;
  /** Without power: the flag outlives power cycles. */
  #established = false;
  #physicalPresence = false;
  /** Power is applied, or will be as soon as the jobs before it are through. */
  #wantsPower = false;
  /** Counts _TPM_Init and power cuts, so that a job notices that it was overtaken. */
  #cycle = 0;
  #powerCycle: PowerCycle | null = null;
  #lastPower: TpmPower = "off";
  #lastState: TpmSummary | null = null;
  #closing: Promise<void> | undefined;
  #actTimer: ReturnType<typeof setTimeout> | undefined;

  constructor({ newCore, store, profile }: TpmEngineParts) {
    this.#newCore = newCore;
    this.#askedProfile = profile;
    this.#keeper = new StateKeeper(store, (error) => this.#storeFailed(error));
    this.#ready = this.#load(false);
  }

  get ready(): Promise<void> {
    return this.#ready;
  }

  get power(): TpmPower {
    if (this.#failure) return "failed";
    return this.#isLoaded && this.#wantsPower ? "on" : "off";
  }

  get established(): boolean {
    return this.#powerCycle?.established ?? this.#established;
  }

  state(): TpmSummary {
    return {
      power: this.power,
      failureMode: this.#powerCycle?.failureMode ?? false,
      established: this.established,
      signaledActs: this.#powerCycle?.signaledActs ?? 0,
      profile: this.#profile,
      store: this.#keeper.kind,
      stateSize: this.#keeper.committed?.length ?? null,
      lastCommit: this.#keeper.lastCommit,
      error: this.#failure ?? this.#powerCycle?.trap ?? null,
    };
  }

  on<Name extends keyof TpmEvents>(event: Name, listener: (value: TpmEvents[Name]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async execute(command: Uint8Array, options?: ExecuteOptions): Promise<Uint8Array> {
    return (await this.executeTimed(command, options)).response;
  }

  /** As {@link execute}, and how long it took. */
  async executeTimed(command: Uint8Array, { locality = 0, signal }: ExecuteOptions = {}): Promise<ExecuteResult> {
    this.#requirePower();
    checkLocality(locality);
    const copy = command.slice(0, MAX_COMMAND_SIZE + 1);
    return this.#queue.add("command", async (job) => {
      const cancel = () => {
        job.isCancelled = true;
      };
      if (signal?.aborted) cancel();
      signal?.addEventListener("abort", cancel);
      const startedAt = wallClock();
      try {
        const powerCycle = this.#poweredCycle();
        const response = await powerCycle.execute(copy, locality, job);
        const duration = wallClock() - startedAt;
        if (powerCycle === this.#powerCycle) this.#answered({ command: copy, response, locality, startedAt, duration });
        return { response, startedAt, duration };
      } finally {
        signal?.removeEventListener("abort", cancel);
      }
    });
  }

  executeSync(command: Uint8Array, { locality = 0 }: { locality?: Locality } = {}): Uint8Array {
    this.#requirePower();
    checkLocality(locality);
    if (!this.#keeper.canCommitSync) {
      throw new Error(
        `executeSync needs a store that commits synchronously, such as memory; this is ${this.#keeper.kind}.`,
      );
    }
    if (!this.#queue.isIdle)
      throw new Error("executeSync can't overtake calls that are still pending: await them first.");
    // The clock takes as long as a small command does: it is asked only for those who listen.
    const startedAt = this.#events.has("command") ? wallClock() : 0;
    const response = this.#poweredCycle().executeSync(command, locality);
    const duration = startedAt === 0 ? 0 : wallClock() - startedAt;
    this.#answered({ command, response, locality, startedAt, duration });
    return response;
  }

  cancel(): void {
    const job = this.#queue.firstCommand;
    if (job) job.isCancelled = true;
  }

  hashStart(): Promise<void> {
    return this.#event((core) => core.hashStart(), undefined);
  }

  hashData(data: Uint8Array): Promise<void> {
    const copy = data.slice();
    return this.#event((core) => {
      for (let offset = 0; offset < copy.length; offset += MAX_COMMAND_SIZE) {
        core.hashData(copy.subarray(offset, offset + MAX_COMMAND_SIZE));
      }
    }, undefined);
  }

  hashEnd(): Promise<void> {
    return this.#event((core) => core.hashEnd(), undefined);
  }

  async resetEstablished(locality: Locality): Promise<boolean> {
    checkLocality(locality);
    return this.#event((core) => core.resetEstablished(locality), false);
  }

  setPhysicalPresence(asserted: boolean): Promise<void> {
    return this.#queue.add("control", async () => {
      this.#physicalPresence = asserted;
      this.#powerCycle?.setPhysicalPresence(asserted);
    });
  }

  enterFailureMode(): Promise<void> {
    return this.#event((core) => core.fail(), undefined);
  }

  async powerOn({ volatile, ...rest }: PowerOnOptions = {}): Promise<void> {
    if (this.#closing) throw closedError();
    if (this.#failure) throw this.#failure;
    this.#cutPower("_TPM_Init");
    this.#wantsPower = true;
    const cycle = this.#cycle;
    const copy = volatile === undefined ? rest : { ...rest, volatile: volatile.slice() };
    this.#changed();
    return this.#queue.add("control", () => this.#init(cycle, copy));
  }

  async snapshot(): Promise<TpmSnapshot> {
    this.#requirePower();
    return this.#queue.add("control", async () => this.#poweredCycle().snapshot());
  }

  async importState(permanent: Uint8Array): Promise<void> {
    if (this.#closing) throw closedError();
    const copy = permanent.slice();
    return this.#queue.add("control", async () => {
      if (this.#failure) throw this.#failure;
      if (this.#wantsPower) throw new Error("The TPM has power: cut it before you replace its state.");
      const core = await this.#newCore();
      const [profile, established] = [this.#profile, this.#established];
      try {
        this.#loadInto(core, copy, this.#askedProfile);
        const failure = await this.#keeper.commit(copy);
        if (failure) throw failure;
      } catch (error) {
        this.#profile = profile;
        this.#established = established;
        throw error;
      } finally {
        core.wipe();
      }
      this.#changed();
    });
  }

  async powerOff(): Promise<void> {
    this.#cutPower("The TPM's power was cut");
    this.#changed();
  }

  async takeOver(): Promise<void> {
    if (this.#closing) throw closedError();
    if (!this.#failure) return this.#ready;
    this.#cutPower("The TPM is being taken over");
    this.#ready = this.#load(true);
    return this.#ready;
  }

  async newTpm({
    profile = this.#askedProfile,
    permanent,
  }: {
    profile?: TpmProfile | undefined;
    permanent?: Uint8Array | undefined;
  } = {}): Promise<void> {
    if (this.#closing) throw closedError();
    const copy = permanent?.slice();
    this.#cutPower("A new TPM is being made");
    this.#changed();
    const made = this.#queue.add("control", async () => {
      if (!this.#keeper.isOpen || isFenced(this.#failure)) throw this.#failure ?? closedError();
      const core = await this.#newCore();
      try {
        if (copy) this.#check(core, copy);
        if (this.#isUnusable) await this.#keeper.archive();
        if (copy) await this.#adopt(core, copy);
        else await this.#manufacture(core, profile ?? "full");
      } finally {
        core.wipe();
      }
      this.#loaded();
    });
    await made;
    this.#ready = made;
  }

  exportState(): Promise<Uint8Array | null> {
    return this.#keeper.exportBlob();
  }

  close(): Promise<void> {
    this.#cutPower("The TPM was closed");
    this.#closing ??= this.#queue.add("control", () => this.#keeper.close());
    this.#changed();
    return this.#closing;
  }

  /** Opens the store, and loads what it has or manufactures what it lacks. */
  #load(takeOver: boolean): Promise<void> {
    const loading = this.#queue.add("control", async () => {
      try {
        await this.#openAndLoad(takeOver);
      } catch (error) {
        this.#fail(error);
        throw error;
      }
      this.#loaded();
    });
    // `ready` may find nobody who listens; `power` and `state()` tell as well.
    loading.catch(() => {});
    return loading;
  }

  async #openAndLoad(takeOver: boolean): Promise<void> {
    const [made, opened] = await Promise.allSettled([this.#newCore(), this.#keeper.open({ takeOver })]);
    if (made.status === "rejected") {
      await this.#keeper.close();
      throw made.reason;
    }
    if (opened.status === "rejected") throw opened.reason;
    const core = made.value;
    this.#isUnusable = false;
    const blob = this.#keeper.committed;
    try {
      if (blob) this.#loadInto(core, blob, this.#askedProfile);
      else await this.#manufacture(core, this.#askedProfile ?? "full");
    } catch (error) {
      this.#isUnusable = error instanceof TpmStateError;
      throw error;
    } finally {
      core.wipe();
    }
  }

  #loadInto(core: Core, blob: Uint8Array, profile: TpmProfile | undefined): void {
    const result = core.loadState(blob);
    const where = `The state of this TPM (${blob.length} bytes in the ${this.#keeper.kind} store)`;
    if (result === "newer") {
      throw new TpmStateError(`${where} was written by a newer tabtpm. Update tabtpm, or make a new TPM.`, "newer");
    }
    if (result !== "loaded") {
      const why = result === "too-large" ? "is larger than any state can be" : "is damaged";
      throw new TpmStateError(`${where} ${why}. It was kept; save it, or make a new TPM.`, "damaged");
    }
    if (profile !== undefined && core.profile !== profile) {
      throw new TpmStateError(
        `${where} has profile "${core.profile}", which is fixed at manufacture; "${profile}" was asked for. Leave the profile out, or make a new TPM.`,
        "profile",
      );
    }
    this.#profile = core.profile;
    this.#established = core.established;
  }

  async #manufacture(core: Core, profile: TpmProfile): Promise<void> {
    core.manufacture(profile);
    const failure = await this.#keeper.commit(core.saveState());
    if (failure) throw failure;
    core.committed();
    this.#profile = profile;
    this.#established = core.established;
  }

  /** @throws TpmStateError when this state, which came from elsewhere, can't be used. */
  #check(core: Core, permanent: Uint8Array): void {
    const [profile, established] = [this.#profile, this.#established];
    try {
      this.#loadInto(core, permanent, undefined);
    } finally {
      this.#profile = profile;
      this.#established = established;
    }
  }

  /** Stores a state that was checked. */
  async #adopt(core: Core, permanent: Uint8Array): Promise<void> {
    const failure = await this.#keeper.commit(permanent);
    if (failure) throw failure;
    this.#profile = core.profile;
    this.#established = core.established;
  }

  /** Each power cycle has a core of its own, so that nothing of the one before can leak into it. */
  async #init(cycle: number, options: PowerOnOptions): Promise<void> {
    if (this.#failure) throw this.#failure;
    if (!this.#isOvertaken(cycle)) {
      try {
        const powerCycle = await this.#beginPowerCycle(options);
        if (this.#isOvertaken(cycle)) powerCycle.end();
        else this.#powerCycle = powerCycle;
        if (this.#physicalPresence) this.#powerCycle?.setPhysicalPresence(true);
      } catch (error) {
        if (error instanceof TpmStateError && error.reason === "volatile") {
          if (!this.#isOvertaken(cycle)) await this.powerOff();
          throw error;
        }
        this.#fail(error);
      }
    }
    if (this.#failure) throw this.#failure;
    // A later powerOn() stands for this one as well.
    if (this.#isOvertaken(cycle) && !this.#wantsPower) throw lostError("The TPM's power was cut");
    this.#changed();
  }

  async #beginPowerCycle(options: PowerOnOptions): Promise<PowerCycle> {
    const core = await this.#newCore();
    try {
      this.#loadInto(core, this.#keeper.committed ?? new Uint8Array(), undefined);
      return await PowerCycle.begin(core, this.#keeper, this.#newCore, options);
    } catch (error) {
      core.wipe();
      throw error;
    }
  }

  #isOvertaken(cycle: number): boolean {
    return this.#cycle !== cycle;
  }

  #event<T>(work: (core: Core) => T, ifTrapped: T): Promise<T> {
    try {
      this.#requirePower();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#queue.add("event", async () => {
      const result = await this.#poweredCycle().event(work, ifTrapped);
      this.#changed();
      return result;
    });
  }

  #answered(event: TpmCommandEvent): void {
    this.#changed();
    if (!this.#events.has("command")) return;
    this.#events.emit("command", { ...event, command: event.command.slice(), response: event.response.slice() });
  }

  #requirePower(): void {
    if (this.#closing) throw closedError();
    if (this.#failure) throw this.#failure;
    if (!this.#wantsPower) throw noPowerError();
  }

  #poweredCycle(): PowerCycle {
    if (!this.#powerCycle) throw this.#failure ?? noPowerError();
    return this.#powerCycle;
  }

  #cutPower(why: string): void {
    this.#cycle++;
    this.#wantsPower = false;
    this.#queue.loseAll(lostError(why));
    this.#endPowerCycle();
  }

  #loaded(): void {
    this.#failure = null;
    this.#isUnusable = false;
    this.#isLoaded = true;
    this.#changed();
  }

  #storeFailed(error: StoreError): void {
    if (isFenced(error)) this.#fail(error);
    else this.#events.emit("storeError", error);
  }

  #fail(cause: unknown): void {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    this.#failure = error;
    this.#isLoaded = false;
    this.#cycle++;
    this.#wantsPower = false;
    this.#queue.loseAll(error);
    this.#endPowerCycle();
    this.#changed();
  }

  #endPowerCycle(): void {
    this.#established = this.established;
    this.#powerCycle?.end();
    this.#powerCycle = null;
  }

  /** A countdown timer signals while nobody asks: somebody has to look when it is due. */
  #watchActs(): void {
    const delay = this.#powerCycle?.actDelay ?? null;
    if (delay === null && this.#actTimer === undefined) return;
    clearTimeout(this.#actTimer);
    this.#actTimer = delay === null ? undefined : setTimeout(() => this.#changed(), Math.min(delay, LONGEST_TIMEOUT));
    // In Node a TPM that counts down does not keep the process alive.
    if (typeof this.#actTimer === "object") this.#actTimer.unref();
  }

  #changed(): void {
    this.#watchActs();
    const state = this.state();
    if (state.power !== this.#lastPower) {
      this.#lastPower = state.power;
      this.#events.emit("power", state.power);
    }
    const last = this.#lastState;
    if (last && isSame(state, last)) return;
    this.#lastState = state;
    this.#events.emit("state", state);
  }
}

/** After each command: written out, because a walk over the names of the fields takes longer than a small command. */
function isSame(a: TpmSummary, b: TpmSummary): boolean {
  return (
    a.power === b.power &&
    a.failureMode === b.failureMode &&
    a.established === b.established &&
    a.signaledActs === b.signaledActs &&
    a.profile === b.profile &&
    a.store === b.store &&
    a.stateSize === b.stateSize &&
    a.lastCommit === b.lastCommit &&
    a.error === b.error
  );
}
/** What setTimeout takes, milliseconds. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;
const wallClock = () => performance.timeOrigin + performance.now();
