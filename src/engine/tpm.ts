import type { Refusal } from "../spec/refusals.ts";
import { givenUpError, type Secret, type StoreError, type TpmStore } from "../store/store.ts";
import { ActWatch } from "./actWatch.ts";
import type {
  ExecuteOptions,
  InlineTpm,
  PowerOnOptions,
  TakeOverOptions,
  TpmCommandEvent,
  TpmEvents,
  TpmSummary,
} from "./api.ts";
import type { Locality, RestoreOptions, SavedTpm, TpmPower, TpmSnapshot } from "./backend.ts";
import { ownCopy } from "./bytes.ts";
import { type Core, MAX_COMMAND_SIZE, type TpmProfile } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import { Emitter } from "./events.ts";
import { IdleTests } from "./idleTests.ts";
import { hasSucceeded, ShutdownWatch, shutdownCommand } from "./orderlyShutdown.ts";
import { PowerCycle } from "./powerCycle.ts";
import { PowerSwitch } from "./powerSwitch.ts";
import { type Job, JobQueue } from "./queue.ts";
import { checkLocality, closedError, lostError, noPowerError } from "./refusals.ts";
import { restoreSnapshot } from "./restorer.ts";
import type { RestoreOutcome } from "./rollback.ts";
import { isFenced, StateKeeper } from "./stateKeeper.ts";
import { StateLoader } from "./stateLoader.ts";

export interface TpmEngineParts {
  /** A new instance of the core, each time. */
  newCore(): Promise<Core>;
  store: TpmStore;
  profile?: TpmProfile | undefined;
  /** As {@link TpmOptions.idleSelfTests}. */
  idleSelfTests?: boolean | undefined;
}

/** A response, and when and how long its command was executed, as in {@link TpmCommandEvent}. */
export interface TimedResponse {
  response: Uint8Array;
  reason: Refusal | null;
  startedAt: number;
  duration: number;
}

interface Inside {
  readonly queue: JobQueue;
  readonly switch: PowerSwitch;
  powerCycle(): PowerCycle | null;
  /** Somebody listens to commands. */
  isHeard(): boolean;
  /** A command was, in the power cycle of now. */
  answered(event: TpmCommandEvent): void;
}

/** A TPM in this thread, but for the decoding of what it says of itself: a core, a store and the order of things. */
export class TpmEngine implements Omit<InlineTpm, "inspect" | "restore"> {
  readonly #newCore: () => Promise<Core>;
  readonly #keeper: StateKeeper;
  readonly #loader: StateLoader;
  readonly #queue = new JobQueue();
  readonly #events = new Emitter<TpmEvents>();
  readonly #actWatch = new ActWatch(() => this.#changed());
  /** Only where the host wants it. */
  readonly #idleTests: IdleTests | null;
  readonly #switch: PowerSwitch;
  #ready: Promise<void>;
  #physicalPresence = false;
  readonly #shutdownWatch = new ShutdownWatch();
  #powerCycle: PowerCycle | null = null;
  #lastState: TpmSummary | null = null;
  /** For what executes commands in another way. */
  protected readonly inside: Inside;

  constructor({ newCore, store, profile, idleSelfTests = false }: TpmEngineParts) {
    this.#newCore = newCore;
    this.#keeper = new StateKeeper(store, (error) => this.#storeFailed(error));
    this.#idleTests = idleSelfTests ? new IdleTests(() => this.#testInBackground()) : null;
    this.#loader = new StateLoader({ newCore, keeper: this.#keeper, profile });
    this.#switch = new PowerSwitch({
      lose: (error) => this.#losePower(error),
      onPower: (power) => this.#events.emit("power", power),
    });
    this.inside = {
      queue: this.#queue,
      switch: this.#switch,
      powerCycle: () => this.#powerCycle,
      isHeard: () => this.#events.has("command"),
      answered: (event) => this.#answered(event),
    };
    this.#ready = this.#load(false);
  }

  get ready(): Promise<void> {
    return this.#ready;
  }

  get power(): TpmPower {
    return this.#switch.power;
  }

  get busy(): boolean {
    return this.#queue.isBusy;
  }

  get established(): boolean {
    return this.#powerCycle?.established ?? this.#loader.established;
  }

  state(): TpmSummary {
    return {
      power: this.power,
      failureMode: this.#powerCycle?.failureMode ?? false,
      established: this.established,
      signaledActs: this.#powerCycle?.signaledActs ?? 0,
      profile: this.#loader.profile,
      store: this.#keeper.kind,
      stateSize: this.#keeper.committed?.length ?? null,
      lastCommit: this.#keeper.lastCommit,
      error: this.#switch.failure ?? this.#powerCycle?.trap ?? null,
    };
  }

  on<Name extends keyof TpmEvents>(event: Name, listener: (value: TpmEvents[Name]) => void): () => void {
    // Nobody was told of the state until now: what differs from it is news.
    if (event === "state" && !this.#events.has("state")) this.#lastState = this.state();
    return this.#events.on(event, listener);
  }

  execute(command: Uint8Array, options?: ExecuteOptions): Promise<Uint8Array> {
    const copy = ownCopy(command, MAX_COMMAND_SIZE + 1);
    // It may hold an authorization value.
    const wipe = () => copy.fill(0);
    return this.executeOwned(copy, options, false).then(
      ({ response }) => {
        wipe();
        return response;
      },
      (error: unknown) => {
        wipe();
        throw error;
      },
    );
  }

  /**
   * As {@link execute}, of bytes that nobody changes before it settles; from then on they are not looked at any more,
   * and whoever owns them wipes them. A promise more than is needed costs as much as a small command.
   * @param isTimed the caller wants to know when: asking the clock twice takes as long as hashing a few blocks does.
   */
  executeOwned(
    command: Uint8Array,
    { locality = 0, signal, own = false }: ExecuteOptions = {},
    isTimed = true,
  ): Promise<TimedResponse> {
    try {
      this.#switch.requirePower();
      checkLocality(locality);
    } catch (error) {
      return Promise.reject(error);
    }
    const execute = (job: Job): TimedResponse | Promise<TimedResponse> => {
      let startedAt = isTimed || this.#events.has("command") ? wallClock() : 0;
      const powerCycle = this.#poweredCycle();
      const done = (response: Uint8Array): TimedResponse => {
        const duration = startedAt === 0 ? 0 : wallClock() - startedAt;
        const reason = powerCycle.reasonFor(response);
        const event = { command, response, locality, reason, own, startedAt, duration };
        if (powerCycle === this.#powerCycle) this.#answered(event);
        return { response, reason, startedAt, duration };
      };
      const outcome = powerCycle.execute(command, locality, job);
      if (!(outcome instanceof Promise)) return done(outcome);
      // Who begins to listen while it is waited for hears of all but its first slice.
      if (startedAt === 0) startedAt = wallClock();
      return outcome.then(done);
    };
    return this.#queue.add("command", signal ? cancelledBy(signal, execute) : execute, own);
  }

  executeSync(command: Uint8Array, { locality = 0 }: { locality?: Locality } = {}): Uint8Array {
    this.#switch.requirePower();
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
    const powerCycle = this.#poweredCycle();
    const response = powerCycle.executeSync(command, locality);
    if (startedAt === 0) {
      this.#follow(command, response);
      return response;
    }
    const duration = wallClock() - startedAt;
    const reason = powerCycle.reasonFor(response);
    this.#answered({ command, response, locality, reason, own: false, startedAt, duration });
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
    const copy = ownCopy(data);
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
    return this.#event((core) => core.enterFailureMode(), undefined);
  }

  async powerOn({ volatile, ...rest }: PowerOnOptions = {}): Promise<void> {
    const cycle = this.#switch.init();
    const copy = volatile === undefined ? rest : { ...rest, volatile: ownCopy(volatile) };
    this.#changed();
    return this.#queue.add("control", () => this.#init(cycle, copy));
  }

  async snapshot(): Promise<TpmSnapshot> {
    this.#switch.requirePower();
    return this.#queue.add("control", async () => this.#poweredCycle().snapshot());
  }

  /** What {@link InlineTpm.restore} makes of it is left to the caller's thread. */
  async restoreOutcome({ permanent, volatile }: SavedTpm, options: RestoreOptions = {}): Promise<RestoreOutcome> {
    this.#switch.requirePower();
    const copy = { permanent: ownCopy(permanent), volatile: ownCopy(volatile) };
    return this.#queue.add("control", async () => {
      const running = this.#poweredCycle();
      const { cycle } = this.#switch;
      const outcome = await restoreSnapshot({ newCore: this.#newCore, keeper: this.#keeper }, running, copy, options);
      if (outcome.kind === "moved-on") return outcome;
      const { powerCycle, profile, ...restored } = outcome;
      this.#loader.replaced(profile, powerCycle.established);
      if (this.#switch.isOvertaken(cycle)) {
        powerCycle.end();
        throw this.#switch.failure ?? lostError("The TPM's power was cut");
      }
      this.#shutdownWatch.reset();
      this.#idleTests?.stop();
      running.end();
      this.#powerCycle = powerCycle;
      if (this.#physicalPresence) powerCycle.setPhysicalPresence(true);
      this.#changed();
      this.#events.emit("replaced", undefined);
      return restored;
    });
  }

  /** What {@link InlineTpm.inspect} decodes. It waits for nobody but a _TPM_Init that is to come. */
  async inspectionRecord(): Promise<Uint8Array> {
    this.#switch.requirePower();
    const cycle = this.#powerCycle;
    return cycle ? cycle.inspect() : this.#queue.add("event", () => this.#poweredCycle().inspect(), true);
  }

  async importState(permanent: Uint8Array): Promise<void> {
    this.#switch.requireOpen();
    const copy = ownCopy(permanent);
    return this.#queue.add("control", async () => {
      if (this.#switch.failure) throw this.#switch.failure;
      if (this.#switch.isOn) throw new Error("The TPM has power: cut it before you replace its state.");
      await this.#loader.replace(copy);
      this.#changed();
      this.#events.emit("replaced", undefined);
    });
  }

  async shutDown(): Promise<boolean> {
    if (this.power !== "on" || !this.#queue.isIdleButForOwn || this.#shutdownWatch.isShutDown) return false;
    return hasSucceeded(await this.execute(shutdownCommand(), { own: true }));
  }

  async powerOff(): Promise<void> {
    this.#switch.cut("The TPM's power was cut");
    this.#changed();
  }

  async takeOver({ migration }: TakeOverOptions = {}): Promise<void> {
    this.#switch.requireOpen();
    // A TPM that failed has lost its power.
    if (!this.#switch.failure) return this.#ready;
    this.#ready = this.#load(true, migration);
    return this.#ready;
  }

  async unlock(secret: Secret): Promise<void> {
    this.#switch.requireOpen();
    if (!this.#switch.failure) return this.#ready;
    this.#keeper.unlock(secret);
    this.#ready = this.#load(false);
    return this.#ready;
  }

  setPassphrase(secret: Secret | null): Promise<void> {
    return this.#inTurn(() => this.#keeper.protect(secret));
  }

  async giveUp(migration: string): Promise<void> {
    this.#switch.requireOpen();
    return this.#queue.add("control", async () => {
      if (this.#switch.failure) throw this.#switch.failure;
      await this.#keeper.giveUp(migration);
      this.#fail(givenUpError(migration));
    });
  }

  async newTpm({
    profile,
    permanent,
  }: {
    profile?: TpmProfile | undefined;
    permanent?: Uint8Array | undefined;
  } = {}): Promise<void> {
    this.#switch.requireOpen();
    const copy = permanent && ownCopy(permanent);
    this.#switch.cut("A new TPM is being made");
    this.#changed();
    const made = this.#queue.add("control", async () => {
      const { failure } = this.#switch;
      if (!this.#keeper.isOpen || isFenced(failure)) throw failure ?? closedError();
      await this.#loader.renew(profile, copy);
      this.#loaded();
    });
    await made;
    this.#ready = made;
    this.#events.emit("replaced", undefined);
  }

  readVariables(): Promise<Uint8Array | null> {
    return this.#inTurn(() => this.#keeper.readVariables());
  }

  storeVariables(variables: Uint8Array): Promise<void> {
    const copy = ownCopy(variables);
    return this.#inTurn(() => this.#keeper.commitVariables(copy));
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#switch.requireOpen();
    return this.#queue.add("control", async () => {
      if (this.#switch.failure) throw this.#switch.failure;
      return work();
    });
  }

  exportState(): Promise<Uint8Array | null> {
    return this.#keeper.exportBlob();
  }

  close(): Promise<void> {
    const close = async () => {
      this.#loader.forget();
      await this.#keeper.close();
    };
    const closing = this.#switch.close(() => this.#queue.add("control", close));
    this.#changed();
    return closing;
  }

  /** Opens the store, and loads what it has or manufactures what it lacks. */
  #load(takeOver: boolean, migration?: string): Promise<void> {
    const loading = this.#queue.add("control", async () => {
      try {
        await this.#loader.open(takeOver, migration);
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

  /** Each power cycle has a core of its own that has had no power before, so that nothing of the one before can leak into it. */
  async #init(cycle: number, options: PowerOnOptions): Promise<void> {
    const power = this.#switch;
    // By a failure as well.
    if (!power.isOvertaken(cycle)) {
      try {
        const powerCycle = await this.#beginPowerCycle(options);
        if (power.isOvertaken(cycle)) powerCycle.end();
        else this.#powerCycle = powerCycle;
        if (this.#physicalPresence) this.#powerCycle?.setPhysicalPresence(true);
      } catch (error) {
        if (error instanceof TpmStateError && error.reason === "volatile") {
          if (!power.isOvertaken(cycle)) await this.powerOff();
          throw error;
        }
        this.#fail(error);
      }
    }
    if (power.failure) throw power.failure;
    // A later powerOn() stands for this one as well.
    if (power.isOvertaken(cycle) && !power.isOn) throw lostError("The TPM's power was cut");
    this.#changed();
  }

  async #beginPowerCycle(options: PowerOnOptions): Promise<PowerCycle> {
    const core = await this.#loader.loadedCore();
    try {
      return await PowerCycle.begin(core, this.#keeper, this.#newCore, options);
    } catch (error) {
      core.wipe({ hasTrapped: true });
      throw error;
    }
  }

  #event<T>(work: (core: Core) => T, ifTrapped: T): Promise<T> {
    try {
      this.#switch.requirePower();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#queue.add("event", async () => {
      const result = await this.#poweredCycle().event(work, ifTrapped);
      this.#changed();
      return result;
    });
  }

  #follow(command: Uint8Array, response: Uint8Array): void {
    this.#shutdownWatch.answered(command, response);
    this.#idleTests?.expect();
    this.#changed();
  }

  #answered(event: TpmCommandEvent): void {
    this.#follow(event.command, event.response);
    if (!this.#events.has("command")) return;
    this.#events.emit("command", { ...event, command: ownCopy(event.command), response: event.response.slice() });
  }

  #testInBackground(): boolean {
    // A command that waits comes first; it calls for another look when it is answered.
    if (!this.#queue.isIdle || !this.#powerCycle) return false;
    const hasMore = this.#powerCycle.testInBackground();
    // One that failed put the TPM into failure mode.
    if (!hasMore) this.#changed();
    return hasMore;
  }

  #poweredCycle(): PowerCycle {
    if (!this.#powerCycle) throw this.#switch.failure ?? noPowerError();
    return this.#powerCycle;
  }

  #losePower(error: Error): void {
    this.#queue.loseAll(error);
    this.#loader.established = this.established;
    this.#shutdownWatch.reset();
    this.#idleTests?.stop();
    this.#powerCycle?.end();
    this.#powerCycle = null;
  }

  #loaded(): void {
    this.#switch.loaded();
    this.#changed();
  }

  #storeFailed(error: StoreError): void {
    if (isFenced(error)) this.#fail(error);
    else this.#events.emit("storeError", error);
  }

  #fail(cause: unknown): void {
    this.#loader.forget();
    this.#switch.fail(cause instanceof Error ? cause : new Error(String(cause)));
    this.#changed();
  }

  #changed(): void {
    this.#actWatch.expect(this.#powerCycle?.actDelay ?? null);
    this.#switch.tell();
    // After each command: the core is not asked for nobody.
    if (!this.#events.has("state")) return;
    const state = this.state();
    const last = this.#lastState;
    if (last && isSame(state, last)) return;
    this.#lastState = state;
    this.#events.emit("state", state);
  }
}

/** Work that a signal cancels, from its beginning to its end. */
function cancelledBy<T>(signal: AbortSignal, work: (job: Job) => T | Promise<T>): (job: Job) => Promise<T> {
  return async (job) => {
    const cancel = () => {
      job.isCancelled = true;
    };
    if (signal.aborted) cancel();
    signal.addEventListener("abort", cancel);
    try {
      return await work(job);
    } finally {
      signal.removeEventListener("abort", cancel);
    }
  };
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
export const wallClock = () => performance.timeOrigin + performance.now();
