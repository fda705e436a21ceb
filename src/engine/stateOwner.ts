import { givenUpError, type Secret } from "../store/store.ts";
import type { TpmEvents } from "./api.ts";
import type { RestoreOptions, SavedTpm } from "./backend.ts";
import { ownCopy } from "./bytes.ts";
import type { Core, TpmProfile } from "./core.ts";
import type { Emitter } from "./events.ts";
import type { PowerCycles } from "./powerCycles.ts";
import type { PowerSwitch } from "./powerSwitch.ts";
import type { JobQueue } from "./queue.ts";
import { closedError, lostError } from "./refusals.ts";
import type { RestoreOutcome } from "./rollback.ts";
import { isFenced, type StateKeeper } from "./stateKeeper.ts";
import type { StateLoader } from "./stateLoader.ts";

export interface StateOwnerParts {
  newCore(): Promise<Core>;
  readonly keeper: StateKeeper;
  readonly loader: StateLoader;
  readonly queue: JobQueue;
  readonly switch: PowerSwitch;
  readonly cycles: PowerCycles;
  readonly events: Emitter<TpmEvents>;
  /** Another power cycle takes the place of the one of now. */
  exchanged(): void;
  /** Something that the TPM says of itself is another. */
  changed(): void;
  /** The TPM stops, and says why. */
  fail(cause: unknown): void;
}

/** What a TPM has in its store, and whose it is: loaded, replaced, restored, encrypted, given up, each as a job of the TPM's. */
export class StateOwner {
  readonly #parts: StateOwnerParts;
  /** Of the last attempt to load it. */
  ready: Promise<void>;

  /** Begins to load it. */
  constructor(parts: StateOwnerParts) {
    this.#parts = parts;
    this.ready = this.#load(false);
  }

  /** As {@link Tpm.restore}, but for the words. */
  async restore({ permanent, volatile }: SavedTpm, options: RestoreOptions): Promise<RestoreOutcome> {
    const { newCore, keeper, loader, queue, switch: power, cycles, exchanged } = this.#parts;
    power.requirePower();
    const copy = { permanent: ownCopy(permanent), volatile: ownCopy(volatile) };
    return queue.add("control", async () => {
      const { running } = cycles;
      const { cycle } = power;
      // Only who restores loads it.
      const { restoreSnapshot } = await import("./restorer.ts");
      const outcome = await restoreSnapshot({ newCore, keeper }, running, copy, options);
      if (outcome.kind === "moved-on") return outcome;
      const { powerCycle, profile, ...restored } = outcome;
      loader.replaced(profile, powerCycle.established);
      if (power.isOvertaken(cycle)) {
        powerCycle.end();
        throw power.failure ?? lostError("The TPM's power was cut");
      }
      exchanged();
      cycles.replace(powerCycle);
      this.#replaced();
      return restored;
    });
  }

  /** As {@link Tpm.importState}. */
  async replace(permanent: Uint8Array): Promise<void> {
    const { loader, switch: power } = this.#parts;
    const copy = ownCopy(permanent);
    return this.inTurn(async () => {
      if (power.isOn) throw new Error("The TPM has power: cut it before you replace its state.");
      await loader.replace(copy);
      this.#replaced();
    });
  }

  /** As {@link Tpm.newTpm}. */
  async renew(profile: TpmProfile | undefined, permanent: Uint8Array | undefined): Promise<void> {
    const { keeper, loader, queue, switch: power, changed, events } = this.#parts;
    power.requireOpen();
    const copy = permanent && ownCopy(permanent);
    power.cut("A new TPM is being made");
    changed();
    const made = queue.add("control", async () => {
      const { failure } = power;
      if (!keeper.isOpen || isFenced(failure)) throw failure ?? closedError();
      await loader.renew(profile, copy);
      this.#loaded();
    });
    await made;
    this.ready = made;
    events.emit("replaced", undefined);
  }

  /** As {@link Tpm.takeOver}. */
  takeOver(migration: string | undefined): Promise<void> {
    return this.#again(true, migration);
  }

  /** As {@link Tpm.unlock}. */
  unlock(secret: Secret): Promise<void> {
    return this.#again(false, undefined, () => this.#parts.keeper.unlock(secret));
  }

  /** Loads it again after a failure; a TPM that failed has lost its power. */
  async #again(takeOver: boolean, migration: string | undefined, before = () => {}): Promise<void> {
    const { switch: power } = this.#parts;
    power.requireOpen();
    if (!power.failure) return this.ready;
    before();
    this.ready = this.#load(takeOver, migration);
    return this.ready;
  }

  /** As {@link Tpm.giveUp}. */
  giveUp(migration: string): Promise<void> {
    return this.inTurn(async () => {
      await this.#parts.keeper.giveUp(migration);
      this.#parts.fail(givenUpError(migration));
    });
  }

  /** What is done with the store of a TPM that has not failed. @throws the failure; TpmPoweredOffError when the TPM was closed. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const { queue, switch: power } = this.#parts;
    power.requireOpen();
    return queue.add("control", async () => {
      if (power.failure) throw power.failure;
      return work();
    });
  }

  /** As {@link Tpm.close}. */
  close(): Promise<void> {
    const { keeper, loader, queue, switch: power, changed } = this.#parts;
    const close = async () => {
      loader.forget();
      await keeper.close();
    };
    const closing = power.close(() => queue.add("control", close));
    changed();
    return closing;
  }

  /** Opens the store, and loads what it has or manufactures what it lacks. */
  #load(takeOver: boolean, migration?: string): Promise<void> {
    const { queue, loader, fail } = this.#parts;
    const loading = queue.add("control", async () => {
      try {
        await loader.open(takeOver, migration);
      } catch (error) {
        fail(error);
        throw error;
      }
      this.#loaded();
    });
    // `ready` may find nobody who listens; `power` and `state()` tell as well.
    loading.catch(() => {});
    return loading;
  }

  #loaded(): void {
    this.#parts.switch.loaded();
    this.#parts.changed();
  }

  #replaced(): void {
    this.#parts.changed();
    this.#parts.events.emit("replaced", undefined);
  }
}
