import type { StoreError } from "../store/store.ts";
import type { Core } from "./core.ts";
import type { PoweredCore } from "./poweredCore.ts";
import type { StateKeeper } from "./stateKeeper.ts";
import { yieldToEvents } from "./yield.ts";

/** Something that may change the permanent state: a command, or an event that has no response. */
export interface Change<T> {
  /** What it takes from the permanent state is to be gone from the store too, before its result is there. */
  readonly erases?: boolean;
  /** @returns its result, or null when it takes more slices: {@link step}. */
  begin(core: Core): T | null;
  step(core: Core): T | null;
  /** The store still refuses what came before: this is not even begun. */
  refuse(failure: StoreError): T;
  /** The store refuses what this changed: takes it back. */
  rollBack(core: Core, failure: StoreError): T;
}

/** How a change goes on; what it gives, or what it has to wait for. */
type Next<T> = (core: Core, failure: StoreError | null) => T | Pause<T>;

/** Where a change waits: until the store has answered, or until others had their turn. */
class Pause<T> {
  /** What the store is to have before the change goes on; null when it waits for its next slice only. */
  readonly blob: Uint8Array | null;
  readonly erases: boolean;
  /** Is told why the store does not have it. */
  readonly next: Next<T>;

  constructor(blob: Uint8Array | null, next: Next<T>, erases = false) {
    this.blob = blob;
    this.erases = erases;
    this.next = next;
  }
}

/**
 * Nothing leaves the TPM before it is durable. The rule says where a change has to wait, and for what; how it waits is
 * all in which {@link run} and {@link runSync} differ. A change that waits for nothing costs no more than its work.
 */
export class CommitRule {
  readonly #core: PoweredCore;
  readonly #keeper: StateKeeper;
  /** A change that _TPM_Init itself made, and that no store has yet. */
  #owesCommit: boolean;

  /** @param owesCommit the core's state is not the store's. */
  constructor(core: PoweredCore, keeper: StateKeeper, owesCommit: boolean) {
    this.#core = core;
    this.#keeper = keeper;
    this.#owesCommit = owesCommit;
  }

  /**
   * @returns the result itself where nothing has to be waited for.
   * @throws what {@link PoweredCore.use} throws.
   */
  run<T>(change: Change<T>): T | Promise<T> {
    const outcome = this.#core.use((core) => this.#start(core, change));
    return outcome instanceof Pause ? this.#wait(outcome) : outcome;
  }

  async #wait<T>(pause: Pause<T>): Promise<T> {
    for (;;) {
      const { blob, next, erases } = pause;
      if (blob === null) await yieldToEvents();
      const failure = blob && (await this.#keeper.commit(blob, { erases }));
      const outcome = this.#core.use((core) => next(core, failure));
      if (!(outcome instanceof Pause)) return outcome;
      pause = outcome;
    }
  }

  /** As {@link run}, for stores that commit synchronously. Long commands block. */
  runSync<T>(change: Change<T>): T {
    let outcome = this.#core.use((core) => this.#start(core, change));
    while (outcome instanceof Pause) {
      const { blob, next } = outcome;
      const failure = blob && this.#keeper.commitSync(blob);
      outcome = this.#core.use((core) => next(core, failure));
    }
    return outcome;
  }

  #start<T>(core: Core, change: Change<T>): T | Pause<T> {
    if (!this.#owesCommit) return this.#finish(core, change, change.begin(core));
    return new Pause(core.saveState(), (core, failure) => {
      if (failure) return change.refuse(failure);
      this.#owesCommit = false;
      core.committed();
      return this.#start(core, change);
    });
  }

  #finish<T>(core: Core, change: Change<T>, result: T | null): T | Pause<T> {
    if (result === null) return new Pause(null, (core) => this.#finish(core, change, change.step(core)));
    if (!core.commitPending) return result;
    const committed: Next<T> = (core, failure) => {
      if (failure) return change.rollBack(core, failure);
      core.committed();
      return result;
    };
    return new Pause(core.saveState(), committed, change.erases);
  }
}
