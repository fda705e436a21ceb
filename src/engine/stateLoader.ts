import type { Core, TpmProfile } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import type { StateKeeper } from "./stateKeeper.ts";

export interface StateLoaderParts {
  newCore(): Promise<Core>;
  keeper: StateKeeper;
  /** What a new TPM is made with, and what an existing one must have. */
  profile: TpmProfile | undefined;
}

/** A state that is to become the TPM's, and what to say when it can't. */
interface Candidate {
  blob: Uint8Array;
  what: string;
  /** What the store knows of it, as a clause. */
  damage?: string | null;
  remedy: Readonly<Record<"damaged" | "newer" | "profile", string>>;
}

/** A state from elsewhere, which is its owner's to keep. */
function given(blob: Uint8Array): Candidate {
  return {
    blob,
    what: `The state that was given (${blob.length} bytes)`,
    remedy: {
      damaged: "The TPM keeps the one that it has; give the state as it was saved",
      newer: "; the TPM keeps the state that it has",
      profile: "; the TPM keeps the state that it has",
    },
  };
}

function load(core: Core, { blob, what, remedy, damage }: Candidate, profile: TpmProfile | undefined): void {
  const result = core.loadState(blob);
  if (result === "newer") {
    throw new TpmStateError(`${what} was written by a newer tabtpm. Update tabtpm${remedy.newer}.`, "newer");
  }
  if (result !== "loaded") {
    const why = damage ?? (result === "too-large" ? "is larger than any state can be" : "is damaged");
    throw new TpmStateError(`${what} ${why}. ${remedy.damaged}.`, "damaged");
  }
  if (profile !== undefined && core.profile !== profile) {
    throw new TpmStateError(
      `${what} has profile "${core.profile}", which is fixed at manufacture; "${profile}" was asked for. Leave the profile out${remedy.profile}.`,
      "profile",
    );
  }
}

/** A state from elsewhere into a core. @throws TpmStateError when it is damaged or newer. */
export function loadGiven(core: Core, blob: Uint8Array): void {
  load(core, given(blob), undefined);
}

/** Where a TPM's permanent state comes from: its store, manufacture, or elsewhere. Each state passes through a core. */
export class StateLoader {
  readonly #newCore: () => Promise<Core>;
  readonly #keeper: StateKeeper;
  readonly #askedProfile: TpmProfile | undefined;
  /** The stored blob can't be used; a new TPM sets it aside. */
  #isUnusable = false;
  #profile: TpmProfile | null = null;
  /** The core that the TPM was made or loaded with: it has had no power yet, and will do for the first power cycle. */
  #first: { core: Core; state: Uint8Array | null } | null = null;
  /** tpmEstablished while there is no power: it outlives power cycles. */
  established = false;

  constructor({ newCore, keeper, profile }: StateLoaderParts) {
    this.#newCore = newCore;
    this.#keeper = keeper;
    this.#askedProfile = profile;
  }

  /** Null until a state is loaded. */
  get profile(): TpmProfile | null {
    return this.#profile;
  }

  /** Opens the store, and loads what it has or manufactures what it lacks. @throws TpmStateError, StoreError */
  async open(takeOver: boolean, migration?: string): Promise<void> {
    this.forget();
    const [made, opened] = await Promise.allSettled([this.#newCore(), this.#keeper.open({ takeOver, migration })]);
    if (made.status === "rejected") {
      await this.#keeper.close();
      throw made.reason;
    }
    if (opened.status === "rejected") throw opened.reason;
    this.#isUnusable = false;
    const core = made.value;
    const blob = this.#keeper.committed;
    try {
      if (blob) load(core, this.#stored(blob), this.#askedProfile);
      // Of a TPM whose state somebody has removed, its firmware variables may be left.
      else await this.#withoutVariables(() => this.#manufacture(core, this.#askedProfile));
      this.#accept(core);
      this.#first = { core, state: this.#keeper.committed };
    } catch (error) {
      this.#isUnusable = error instanceof TpmStateError;
      core.wipe({ hasTrapped: true });
      throw error;
    }
  }

  /** The TPM is closed, has failed or is another one: wipes what was kept for its first power cycle. */
  forget(): void {
    this.#first?.core.wipe({ hasTrapped: false });
    this.#first = null;
  }

  /** A core with the last committed state that has had no power yet, for one power cycle. */
  async loadedCore(): Promise<Core> {
    if (this.#first && this.#first.state === this.#keeper.committed) {
      const { core } = this.#first;
      this.#first = null;
      this.#accept(core);
      return core;
    }
    this.forget();
    const core = await this.#newCore();
    try {
      load(core, this.#stored(this.#keeper.committed ?? new Uint8Array()), undefined);
      this.#accept(core);
      return core;
    } catch (error) {
      core.wipe({ hasTrapped: true });
      throw error;
    }
  }

  /** Replaces the state, durably. @throws TpmStateError when it can't be used, StoreError; the old one stays. */
  async replace(permanent: Uint8Array): Promise<void> {
    await this.#through(async (core) => {
      load(core, given(permanent), this.#askedProfile);
      await this.#commit(permanent, true);
    });
  }

  /**
   * A new TPM in the place of the old one. A state that could not be loaded is set aside.
   * @param permanent its state, where it was made elsewhere: it comes with its profile.
   */
  async renew(profile: TpmProfile | undefined, permanent: Uint8Array | undefined): Promise<void> {
    await this.#through(async (core) => {
      if (permanent) load(core, given(permanent), undefined);
      await this.#withoutVariables(async () => {
        if (this.#isUnusable) await this.#keeper.archive();
        if (permanent) await this.#commit(permanent, true);
        else await this.#manufacture(core, profile ?? this.#askedProfile, true);
      });
    });
    this.#isUnusable = false;
  }

  /** What the work leaves in a core is this TPM's state. */
  async #through(work: (core: Core) => Promise<void>): Promise<void> {
    const core = await this.#newCore();
    let hasTrapped = true;
    try {
      await work(core);
      this.#accept(core);
      this.forget();
      hasTrapped = false;
    } finally {
      core.wipe({ hasTrapped });
    }
  }

  /**
   * The old TPM's firmware variables go before it does: a crash in between leaves it with the defaults, which are the safe ones, and
   * never the new one with what its predecessor's user had allowed.
   */
  async #withoutVariables(replace: () => Promise<void>): Promise<void> {
    // What can't be read can be removed all the same.
    const before = await this.#keeper.readVariables().catch(() => undefined);
    if (before !== null) await this.#keeper.commitVariables(null);
    try {
      await replace();
    } catch (error) {
      if (before) await this.#keeper.commitVariables(before).catch(() => {});
      throw error;
    }
  }

  #stored(blob: Uint8Array): Candidate {
    return {
      blob,
      damage: this.#keeper.damage,
      what: `The state of this TPM (${blob.length} bytes in the ${this.#keeper.kind} store)`,
      remedy: {
        damaged: "It was kept; save it, or make a new TPM",
        newer: ", or make a new TPM",
        profile: ", or make a new TPM",
      },
    };
  }

  async #manufacture(core: Core, profile: TpmProfile = "full", erases = false): Promise<void> {
    core.manufacture(profile);
    await this.#commit(core.saveState(), erases);
    core.committed();
  }

  /** @param erases the TPM that was there before is to be gone. */
  async #commit(blob: Uint8Array, erases: boolean): Promise<void> {
    const failure = await this.#keeper.commit(blob, { erases });
    if (failure) throw failure;
  }

  /** Another state has become this TPM's, in a core of its own. */
  replaced(profile: TpmProfile, established: boolean): void {
    this.forget();
    this.#profile = profile;
    this.established = established;
  }

  /** The core's state is this TPM's. */
  #accept(core: Core): void {
    this.#profile = core.profile;
    this.established = core.established;
  }
}
