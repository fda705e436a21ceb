import { FAILURE_LOCATIONS } from "../spec/constants.ts";
import { ERASING_COMMANDS } from "../spec/erasures.ts";
import { codeOf } from "../spec/header.ts";
import { type Refusal, refusal } from "../spec/refusals.ts";
import { StoreError } from "../store/store.ts";
import type { PowerOnOptions } from "./api.ts";
import type { Locality, TpmSnapshot } from "./backend.ts";
import { toHex } from "./bytes.ts";
import { type Change, CommitRule } from "./commitRule.ts";
import { type Core, MAX_COMMAND_SIZE, type ResumeResult, TpmCoreError } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import { hasSucceeded } from "./orderlyShutdown.ts";
import { PoweredCore, Trapped } from "./poweredCore.ts";
import { errorResponse, TPM_RC_COMMAND_SIZE, TPM_RC_FAILURE, TPM_RC_NV_UNAVAILABLE } from "./responses.ts";
import type { StateKeeper } from "./stateKeeper.ts";

/** Set while the command is wanted no more; read between two slices. */
export interface Cancellation {
  readonly isCancelled: boolean;
}
const UNCANCELLED: Cancellation = { isCancelled: false };

/** One power cycle: a core from its _TPM_Init to the loss of power, and what answers after a trap. */
export class PowerCycle {
  readonly #core: PoweredCore;
  readonly #rule: CommitRule;
  readonly #newCore: () => Promise<Core>;
  /** After a trap: another instance, without state, that answers in failure mode. Nothing of it is ever committed. */
  #standIn: Core | null = null;
  #standInMade: Promise<void> | null = null;
  /** Of a response that was given without the core, or by the one that stands in for it. */
  #reason: Refusal | null = null;

  private constructor(core: Core, keeper: StateKeeper, newCore: () => Promise<Core>) {
    this.#core = new PoweredCore(core, () => {
      this.#standInMade = this.#makeStandIn();
    });
    this.#newCore = newCore;
    this.#rule = new CommitRule(this.#core, keeper, core.commitPending);
  }

  /**
   * _TPM_Init of a core that has its state loaded.
   * @param newCore for the instance that answers in failure mode should this one trap.
   * @throws TpmStateError when the volatile state does not fit; TpmCoreError when the core traps.
   */
  static async begin(
    core: Core,
    keeper: StateKeeper,
    newCore: () => Promise<Core>,
    { volatile, bufferSize }: PowerOnOptions = {},
  ): Promise<PowerCycle> {
    try {
      core.powerOn();
      if (bufferSize !== undefined) core.setBufferSize(bufferSize);
      if (volatile) resume(core, volatile);
      const cycle = new PowerCycle(core, keeper, newCore);
      // What _TPM_Init itself changed goes to the store before any command does; one that refuses is asked again then.
      await cycle.#rule.run(NO_CHANGE);
      return cycle;
    } catch (error) {
      throw error instanceof TpmStateError ? error : initError(error);
    }
  }

  /**
   * _TPM_Init of a core that has the permanent state of a snapshot loaded, which goes on with its volatile state: durable when this resolves.
   * @param isClone it is another TPM from now on.
   * @throws TpmStateError when the volatile state does not fit; StoreError: nothing is stored then.
   */
  static async restore(
    core: Core,
    keeper: StateKeeper,
    newCore: () => Promise<Core>,
    { volatile, bufferSize }: PowerOnOptions & { volatile: Uint8Array },
    isClone: boolean,
  ): Promise<PowerCycle> {
    core.powerOn();
    if (bufferSize !== undefined) core.setBufferSize(bufferSize);
    resume(core, volatile);
    core.keepLater();
    if (isClone) core.newIdentity();
    const failure = await keeper.commit(core.saveState(), { erases: isClone });
    if (failure) throw failure;
    core.committed();
    return new PowerCycle(core, keeper, newCore);
  }

  /** Right after _TPM_Init of a core. @throws TpmStateError when the volatile state does not fit. */
  static resume(core: Core, volatile: Uint8Array): void {
    resume(core, volatile);
  }

  get established(): boolean {
    return this.#core.established;
  }

  get failureMode(): boolean {
    return this.#core.trap !== null || (this.#core.present?.failureMode ?? false);
  }

  /** As {@link Core.signaledActs}. */
  get signaledActs(): number {
    return this.#core.present?.signaledActs ?? 0;
  }

  /** As {@link Core.actDelay}. */
  get actDelay(): number | null {
    return this.#core.present?.actDelay ?? null;
  }

  /** Why the core stopped, if it trapped. */
  get trap(): Error | null {
    return this.#core.trap;
  }

  /** Power is lost. A command in execution finds out at its next step; a commit in flight comes to its own end. */
  end(): void {
    this.#standIn = null;
    this.#core.losePower();
  }

  /** Between two commands. @throws TpmStateError when the core trapped: nothing of it may be used. */
  snapshot(): TpmSnapshot {
    try {
      return this.#core.use((core) => ({
        permanent: core.saveState(),
        volatile: core.saveVolatile(),
        profile: core.profile,
        identity: toHex(core.identify().identity),
      }));
    } catch (error) {
      if (!(error instanceof Trapped)) throw error;
      throw new TpmStateError("The TPM has failed, and can't be saved.", "volatile", { cause: this.trap });
    }
  }

  /** Between two commands: the permanent state as it is now; null after a trap. */
  permanent(): Uint8Array | null {
    return this.#ask((core) => core.saveState());
  }

  /** Between two commands: the core's record of itself; null after a trap. */
  record(): Uint8Array | null {
    return this.#ask((core) => core.inspect());
  }

  #ask<T>(question: (core: Core) => T): T | null {
    try {
      return this.#core.use(question);
    } catch (error) {
      if (error instanceof Trapped) return null;
      throw error;
    }
  }

  /**
   * At any moment, also between two slices of a command: the core's record of itself; after a trap that of the stand-in.
   * @throws TpmCoreError when there is none.
   */
  async inspect(): Promise<Uint8Array> {
    if (this.trap) await this.#standInMade;
    this.#core.requirePower();
    const core = this.#core.present ?? this.#standIn;
    if (!core) throw new TpmCoreError("The TPM has failed, and can't be inspected.", { cause: this.trap });
    return core.inspect();
  }

  /** Between two commands: runs one outstanding self-test. @returns whether there are more. */
  testInBackground(): boolean {
    try {
      return this.#core.use((core) => core.testInBackground());
    } catch (error) {
      if (error instanceof Trapped) return false;
      throw error;
    }
  }

  /** Between two commands. A core that trapped takes no notice of it. */
  setPhysicalPresence(asserted: boolean): void {
    try {
      this.#core.use((core) => core.setPhysicalPresence(asserted));
    } catch (error) {
      if (!(error instanceof Trapped)) throw error;
    }
  }

  /** @returns the response itself where nothing has to be waited for: no store, no further slice. @throws TpmPoweredOffError */
  execute(command: Uint8Array, locality: Locality, cancellation: Cancellation): Uint8Array | Promise<Uint8Array> {
    if (this.trap) return this.#executeOnStandIn(command, locality);
    if (command.length > MAX_COMMAND_SIZE) return this.#refuseLong(command);
    this.#reason = null;
    const change = new Command(command, locality, cancellation, this.#refused);
    try {
      const outcome = this.#rule.run(change);
      return outcome instanceof Promise ? outcome.catch((error) => this.#answerTrap(error)) : outcome;
    } catch (error) {
      return this.#answerTrap(error);
    }
  }

  async #executeOnStandIn(command: Uint8Array, locality: Locality): Promise<Uint8Array> {
    await this.#standInMade;
    return this.#executeInFailureMode(command, locality);
  }

  /** As {@link execute}, at once: for stores that commit synchronously. */
  executeSync(command: Uint8Array, locality: Locality): Uint8Array {
    if (this.trap) return this.#executeInFailureMode(command, locality);
    if (command.length > MAX_COMMAND_SIZE) return this.#refuseLong(command);
    this.#reason = null;
    const change = new Command(command, locality, UNCANCELLED, this.#refused);
    try {
      return this.#rule.runSync(change);
    } catch (error) {
      return this.#answerTrap(error);
    }
  }

  /** Why the last command was refused, whose response this is; null when it was not, and where nothing was noted. */
  reasonFor(response: Uint8Array): Refusal | null {
    return hasSucceeded(response) ? null : (this.#reason ?? this.#core.present?.refusal ?? null);
  }

  /** A commit of before was not possible, and the command has not begun. */
  readonly #refused = (): Uint8Array => {
    this.#reason = refusal("STORE_REFUSED", {});
    return errorResponse(TPM_RC_NV_UNAVAILABLE);
  };

  #refuseLong({ length }: Uint8Array): Uint8Array {
    this.#reason = refusal("COMMAND_TOO_LONG", { size: length, room: MAX_COMMAND_SIZE });
    return errorResponse(TPM_RC_COMMAND_SIZE);
  }

  #answerTrap(error: unknown): Uint8Array {
    if (!(error instanceof Trapped)) throw error;
    this.#reason = refusal("FAILURE_MODE", { location: FAILURE_LOCATIONS.FAILED_TRAP });
    return errorResponse(TPM_RC_FAILURE);
  }

  /**
   * An event that has no response: _TPM_Hash_*, TPM_RESET_ESTABLISHMENT. One that can't be stored is undone and throws
   * the StoreError. A core that trapped takes no notice of it, as a TPM in failure mode.
   */
  async event<T>(work: (core: Core) => T, ifTrapped: T): Promise<T> {
    try {
      const outcome = await this.#rule.run<T | StoreError>(new HostEvent(work));
      if (outcome instanceof StoreError) throw outcome;
      return outcome;
    } catch (error) {
      if (error instanceof Trapped) return ifTrapped;
      throw error;
    }
  }

  async #makeStandIn(): Promise<void> {
    try {
      const core = await this.#newCore();
      core.fail();
      if (this.#core.hasPower) this.#standIn = core;
    } catch {
      // Without it every command gets TPM_RC_FAILURE.
    }
  }

  #executeInFailureMode(command: Uint8Array, locality: Locality): Uint8Array {
    this.#core.requirePower();
    this.#reason = refusal("FAILURE_MODE", { location: FAILURE_LOCATIONS.FAILED_TRAP });
    if (command.length <= MAX_COMMAND_SIZE) {
      try {
        const response = this.#standIn?.execute(command, locality);
        if (response) return response;
      } catch {
        this.#standIn = null;
      }
    }
    return errorResponse(TPM_RC_FAILURE);
  }
}

const NO_CHANGE: Change<void> = { begin() {}, step() {}, refuse() {}, rollBack() {} };

class Command implements Change<Uint8Array> {
  readonly #command: Uint8Array;
  readonly #locality: Locality;
  readonly #cancellation: Cancellation;
  readonly refuse: () => Uint8Array;
  readonly erases: boolean;

  /** @param refuse answers when it may not begin. */
  constructor(command: Uint8Array, locality: Locality, cancellation: Cancellation, refuse: () => Uint8Array) {
    this.#command = command;
    this.#locality = locality;
    this.#cancellation = cancellation;
    this.refuse = refuse;
    this.erases = ERASING_COMMANDS.has(codeOf(command));
  }

  begin(core: Core): Uint8Array | null {
    return core.execute(this.#command, this.#locality);
  }

  step(core: Core): Uint8Array | null {
    if (this.#cancellation.isCancelled) core.cancel();
    return core.step();
  }

  rollBack(core: Core): Uint8Array {
    return core.commitFailed();
  }
}

class HostEvent<T> implements Change<T | StoreError> {
  readonly begin: (core: Core) => T;

  constructor(work: (core: Core) => T) {
    this.begin = work;
  }

  /** An event has one slice. */
  step(): never {
    throw new TpmCoreError("An event was left unfinished.");
  }

  refuse(failure: StoreError): StoreError {
    return failure;
  }

  rollBack(core: Core, failure: StoreError): StoreError {
    core.rollBack();
    return failure;
  }
}

const MISFITS: Record<Exclude<ResumeResult, "resumed">, string> = {
  damaged: "is damaged, or of another TPM",
  "other-version": "was saved by another version of tabtpm",
  "other-state": "goes with an earlier permanent state",
};

function resume(core: Core, volatile: Uint8Array): void {
  const result = core.loadVolatile(volatile);
  if (result === "resumed") return;
  throw new TpmStateError(`The volatile state (${volatile.length} bytes) ${MISFITS[result]}.`, "volatile");
}

function initError(error: unknown): TpmCoreError {
  const cause = error instanceof Trapped ? error.cause : error;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TpmCoreError(
    `The TPM core failed at _TPM_Init: ${why}. That is a defect of tabtpm; the TPM's state is kept in its store.`,
    { cause },
  );
}
