import type { StoreError } from "../store/store.ts";
import type { PowerOnOptions, TpmSnapshot } from "./api.ts";
import { type Locality, TpmPoweredOffError } from "./backend.ts";
import { type Core, MAX_COMMAND_SIZE, type ResumeResult } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import { errorResponse, TPM_RC_COMMAND_SIZE, TPM_RC_FAILURE, TPM_RC_NV_UNAVAILABLE } from "./responses.ts";
import type { StateKeeper } from "./stateKeeper.ts";
import { yieldToEvents } from "./yield.ts";

/** The core trapped, now or earlier in this power cycle. */
class Trapped extends Error {}

/** Set while the command is wanted no more; read between two slices. */
export interface Cancellation {
  readonly isCancelled: boolean;
}

/**
 * One power cycle: a core from its _TPM_Init to the loss of power. Here is the rule that nothing leaves before it is
 * durable, and what becomes of traps.
 */
export class PowerCycle {
  readonly #keeper: StateKeeper;
  /** Null once power is lost or the core trapped: nothing of it may be used, least of all committed. */
  #core: Core | null;
  #hasPower = true;
  #trap: Error | null = null;
  readonly #newCore: () => Promise<Core>;
  /** After a trap: another instance, without state, that answers in failure mode. Nothing of it is ever committed. */
  #standIn: Core | null = null;
  #standInMade: Promise<void> | null = null;
  #established = false;
  /** A change that _TPM_Init itself made, and that no store has yet. */
  #owesCommit = false;

  private constructor(core: Core, keeper: StateKeeper, newCore: () => Promise<Core>) {
    this.#core = core;
    this.#keeper = keeper;
    this.#newCore = newCore;
  }

  /**
   * _TPM_Init of a core that has its state loaded.
   * @param newCore for the instance that answers in failure mode should this one trap.
   * @throws TpmStateError when the volatile state does not fit.
   */
  static async begin(
    core: Core,
    keeper: StateKeeper,
    newCore: () => Promise<Core>,
    { volatile, bufferSize }: PowerOnOptions = {},
  ): Promise<PowerCycle> {
    core.powerOn();
    if (bufferSize !== undefined) core.setBufferSize(bufferSize);
    if (volatile) resume(core, volatile);
    const cycle = new PowerCycle(core, keeper, newCore);
    cycle.#owesCommit = core.commitPending;
    await cycle.#storeOwed();
    return cycle;
  }

  get established(): boolean {
    return this.#core?.established ?? this.#established;
  }

  get failureMode(): boolean {
    return this.#trap !== null || (this.#core?.failureMode ?? false);
  }

  /** As {@link Core.signaledActs}. */
  get signaledActs(): number {
    return this.#core?.signaledActs ?? 0;
  }

  /** As {@link Core.actDelay}. */
  get actDelay(): number | null {
    return this.#core?.actDelay ?? null;
  }

  /** Why the core stopped, if it trapped. */
  get trap(): Error | null {
    return this.#trap;
  }

  /** Power is lost. A command in execution finds out at its next step; a commit in flight comes to its own end. */
  end(): void {
    this.#hasPower = false;
    this.#standIn = null;
    this.#discardCore();
  }

  /** Between two commands. @throws TpmStateError when the core trapped: nothing of it may be used. */
  snapshot(): TpmSnapshot {
    try {
      return this.#use((core) => ({ permanent: core.saveState(), volatile: core.saveVolatile() }));
    } catch (error) {
      if (!(error instanceof Trapped)) throw error;
      throw new TpmStateError("The TPM has failed, and can't be saved.", "volatile", { cause: this.#trap });
    }
  }

  /** Between two commands. A core that trapped takes no notice of it. */
  setPhysicalPresence(asserted: boolean): void {
    try {
      this.#use((core) => core.setPhysicalPresence(asserted));
    } catch (error) {
      if (!(error instanceof Trapped)) throw error;
    }
  }

  async execute(command: Uint8Array, locality: Locality, cancellation: Cancellation): Promise<Uint8Array> {
    if (this.#trap) {
      await this.#standInMade;
      return this.#executeInFailureMode(command, locality);
    }
    try {
      if (command.length > MAX_COMMAND_SIZE) return errorResponse(TPM_RC_COMMAND_SIZE);
      if (await this.#storeOwed()) return errorResponse(TPM_RC_NV_UNAVAILABLE);
      let response = this.#use((core) => core.execute(command, locality));
      while (response === null) {
        await yieldToEvents();
        response = this.#use((core) => {
          if (cancellation.isCancelled) core.cancel();
          return core.step();
        });
      }
      if (!this.#use((core) => core.commitPending)) return response;
      const failure = await this.#keeper.commit(this.#use((core) => core.saveState()));
      if (failure) return this.#use((core) => core.commitFailed());
      this.#use((core) => core.committed());
      return response;
    } catch (error) {
      return answerTrap(error);
    }
  }

  executeSync(command: Uint8Array, locality: Locality): Uint8Array {
    if (this.#trap) return this.#executeInFailureMode(command, locality);
    try {
      if (command.length > MAX_COMMAND_SIZE) return errorResponse(TPM_RC_COMMAND_SIZE);
      if (this.#owesCommit) {
        if (this.#keeper.commitSync(this.#use((core) => core.saveState()))) return errorResponse(TPM_RC_NV_UNAVAILABLE);
        this.#owesCommit = false;
        this.#use((core) => core.committed());
      }
      let response = this.#use((core) => core.execute(command, locality));
      while (response === null) response = this.#use((core) => core.step());
      if (!this.#use((core) => core.commitPending)) return response;
      const failure = this.#keeper.commitSync(this.#use((core) => core.saveState()));
      if (failure) return this.#use((core) => core.commitFailed());
      this.#use((core) => core.committed());
      return response;
    } catch (error) {
      return answerTrap(error);
    }
  }

  /**
   * An event that has no response: _TPM_Hash_*, TPM_RESET_ESTABLISHMENT. One that can't be stored is undone and throws
   * the StoreError. A core that trapped takes no notice of it, as a TPM in failure mode.
   */
  async event<T>(work: (core: Core) => T, ifTrapped: T): Promise<T> {
    try {
      const owed = await this.#storeOwed();
      if (owed) throw owed;
      const result = this.#use(work);
      if (this.#use((core) => core.commitPending)) {
        const failure = await this.#keeper.commit(this.#use((core) => core.saveState()));
        this.#use((core) => (failure ? core.rollBack() : core.committed()));
        if (failure) throw failure;
      }
      return result;
    } catch (error) {
      if (error instanceof Trapped) return ifTrapped;
      throw error;
    }
  }

  /** @returns why the store still refuses, or null when nothing is owed any more. */
  async #storeOwed(): Promise<StoreError | null> {
    if (!this.#owesCommit) return null;
    const failure = await this.#keeper.commit(this.#use((core) => core.saveState()));
    if (failure) return failure;
    this.#owesCommit = false;
    this.#use((core) => core.committed());
    return null;
  }

  #use<T>(work: (core: Core) => T): T {
    this.#requirePower();
    if (!this.#core) throw new Trapped();
    try {
      return work(this.#core);
    } catch (error) {
      this.#trap = error instanceof Error ? error : new Error(String(error));
      this.#discardCore();
      this.#standInMade = this.#makeStandIn();
      throw new Trapped();
    }
  }

  async #makeStandIn(): Promise<void> {
    try {
      const core = await this.#newCore();
      core.fail();
      if (this.#hasPower) this.#standIn = core;
    } catch {
      // Without it every command gets TPM_RC_FAILURE.
    }
  }

  #executeInFailureMode(command: Uint8Array, locality: Locality): Uint8Array {
    this.#requirePower();
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

  #requirePower(): void {
    if (!this.#hasPower) throw new TpmPoweredOffError("The TPM lost its power during the command.");
  }

  #discardCore(): void {
    const core = this.#core;
    if (!core) return;
    this.#core = null;
    try {
      this.#established = core.established;
    } catch {
      // A core that trapped may trap again; the flag keeps what it was.
    }
    core.wipe();
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

function answerTrap(error: unknown): Uint8Array {
  if (error instanceof Trapped) return errorResponse(TPM_RC_FAILURE);
  throw error;
}
