import type { Refusal } from "../spec/refusals.ts";
import type { Secret, StoreError, TpmStore } from "../store/store.ts";
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
import { Emitter } from "./events.ts";
import { IdleTests } from "./idleTests.ts";
import { hasSucceeded, ShutdownWatch, shutdownCommand } from "./orderlyShutdown.ts";
import type { PowerCycle } from "./powerCycle.ts";
import { PowerCycles } from "./powerCycles.ts";
import { PowerSwitch } from "./powerSwitch.ts";
import { cancelledBy, type Job, JobQueue } from "./queue.ts";
import { checkLocality } from "./refusals.ts";
import type { RestoreOutcome } from "./rollback.ts";
import { isFenced, StateKeeper } from "./stateKeeper.ts";
import { StateLoader } from "./stateLoader.ts";
import { StateOwner } from "./stateOwner.ts";

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
  readonly #keeper: StateKeeper;
  readonly #loader: StateLoader;
  readonly #queue = new JobQueue();
  readonly #events = new Emitter<TpmEvents>();
  readonly #actWatch = new ActWatch(() => this.#changed());
  /** Only where the host wants it. */
  readonly #idleTests: IdleTests | null;
  readonly #switch: PowerSwitch;
  readonly #cycles: PowerCycles;
  readonly #owner: StateOwner;
  readonly #shutdownWatch = new ShutdownWatch();
  #lastState: TpmSummary | null = null;
  /** For what executes commands in another way. */
  protected readonly inside: Inside;

  constructor({ newCore, store, profile, idleSelfTests = false }: TpmEngineParts) {
    this.#keeper = new StateKeeper(store, (error) => this.#storeFailed(error));
    this.#idleTests = idleSelfTests ? new IdleTests(() => this.#testInBackground()) : null;
    this.#loader = new StateLoader({ newCore, keeper: this.#keeper, profile });
    this.#switch = new PowerSwitch({
      lose: (error) => this.#losePower(error),
      onPower: (power) => this.#events.emit("power", power),
    });
    const parts = {
      ...{ newCore, keeper: this.#keeper, loader: this.#loader, queue: this.#queue, switch: this.#switch },
      events: this.#events,
      changed: () => this.#changed(),
      fail: (cause: unknown) => this.#fail(cause),
    };
    this.#cycles = new PowerCycles(parts);
    this.inside = {
      queue: this.#queue,
      switch: this.#switch,
      powerCycle: () => this.#cycles.current,
      isHeard: () => this.#events.has("command"),
      answered: (event) => this.#answered(event),
    };
    this.#owner = new StateOwner({ ...parts, cycles: this.#cycles, exchanged: () => this.#forgetCommands() });
  }

  get ready(): Promise<void> {
    return this.#owner.ready;
  }

  get power(): TpmPower {
    return this.#switch.power;
  }

  get busy(): boolean {
    return this.#queue.isBusy;
  }

  get established(): boolean {
    return this.#cycles.current?.established ?? this.#loader.established;
  }

  state(): TpmSummary {
    return {
      power: this.power,
      failureMode: this.#cycles.current?.failureMode ?? false,
      established: this.established,
      signaledActs: this.#cycles.current?.signaledActs ?? 0,
      profile: this.#loader.profile,
      store: this.#keeper.kind,
      stateSize: this.#keeper.committed?.length ?? null,
      lastCommit: this.#keeper.lastCommit,
      error: this.#switch.failure ?? this.#cycles.current?.trap ?? null,
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
      const powerCycle = this.#cycles.running;
      const done = (response: Uint8Array): TimedResponse => {
        const duration = startedAt === 0 ? 0 : wallClock() - startedAt;
        const reason = powerCycle.reasonFor(response);
        const event = { command, response, locality, reason, own, startedAt, duration };
        if (powerCycle === this.#cycles.current) this.#answered(event);
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
    const powerCycle = this.#cycles.running;
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
    return this.#queue.add("control", async () => this.#cycles.setPhysicalPresence(asserted));
  }

  enterFailureMode(): Promise<void> {
    return this.#event((core) => core.enterFailureMode(), undefined);
  }

  async powerOn({ volatile, ...rest }: PowerOnOptions = {}): Promise<void> {
    const cycle = this.#switch.init();
    const copy = volatile === undefined ? rest : { ...rest, volatile: ownCopy(volatile) };
    this.#changed();
    return this.#queue.add("control", () => this.#cycles.init(cycle, copy));
  }

  async snapshot(): Promise<TpmSnapshot> {
    this.#switch.requirePower();
    return this.#queue.add("control", async () => this.#cycles.running.snapshot());
  }

  /** What {@link InlineTpm.restore} makes of it is left to the caller's thread. */
  async restoreOutcome(snapshot: SavedTpm, options: RestoreOptions = {}): Promise<RestoreOutcome> {
    return this.#owner.restore(snapshot, options);
  }

  /** What {@link InlineTpm.inspect} decodes. It waits for nobody but a _TPM_Init that is to come. */
  async inspectionRecord(): Promise<Uint8Array> {
    this.#switch.requirePower();
    const cycle = this.#cycles.current;
    return cycle ? cycle.inspect() : this.#queue.add("event", () => this.#cycles.running.inspect(), true);
  }

  async importState(permanent: Uint8Array): Promise<void> {
    return this.#owner.replace(permanent);
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
    return this.#owner.takeOver(migration);
  }

  unlock(secret: Secret): Promise<void> {
    return this.#owner.unlock(secret);
  }

  setPassphrase(secret: Secret | null): Promise<void> {
    return this.#owner.inTurn(() => this.#keeper.protect(secret));
  }

  giveUp(migration: string): Promise<void> {
    return this.#owner.giveUp(migration);
  }

  async newTpm({
    profile,
    permanent,
  }: {
    profile?: TpmProfile | undefined;
    permanent?: Uint8Array | undefined;
  } = {}): Promise<void> {
    return this.#owner.renew(profile, permanent);
  }

  readVariables(): Promise<Uint8Array | null> {
    return this.#owner.inTurn(() => this.#keeper.readVariables());
  }

  storeVariables(variables: Uint8Array): Promise<void> {
    const copy = ownCopy(variables);
    return this.#owner.inTurn(() => this.#keeper.commitVariables(copy));
  }

  exportState(): Promise<Uint8Array | null> {
    return this.#keeper.exportBlob();
  }

  close(): Promise<void> {
    return this.#owner.close();
  }

  #event<T>(work: (core: Core) => T, ifTrapped: T): Promise<T> {
    try {
      this.#switch.requirePower();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#queue.add("event", async () => {
      const result = await this.#cycles.running.event(work, ifTrapped);
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
    if (!this.#queue.isIdle || !this.#cycles.current) return false;
    const hasMore = this.#cycles.current.testInBackground();
    // One that failed put the TPM into failure mode.
    if (!hasMore) this.#changed();
    return hasMore;
  }

  #losePower(error: Error): void {
    this.#queue.loseAll(error);
    this.#loader.established = this.established;
    this.#forgetCommands();
    this.#cycles.end();
  }

  /** What counts by the commands since _TPM_Init begins anew. */
  #forgetCommands(): void {
    this.#shutdownWatch.reset();
    this.#idleTests?.stop();
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
    this.#actWatch.expect(this.#cycles.current?.actDelay ?? null);
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
