import { TpmPoweredOffError } from "./backend.ts";
import type { Core } from "./core.ts";

/** The core trapped, now or earlier in this power cycle; `cause` has the trap. */
export class Trapped extends Error {
  constructor(cause: Error | null) {
    super("The TPM core has stopped.", { cause });
  }
}

/** A core from its _TPM_Init until power is lost or it traps: from then on nothing of it is used, least of all committed. */
export class PoweredCore {
  #core: Core | null;
  #hasPower = true;
  #trap: Error | null = null;
  #established = false;
  readonly #onTrap: () => void;

  /** @param onTrap the core is gone, and power is still there. */
  constructor(core: Core, onTrap: () => void) {
    this.#core = core;
    this.#onTrap = onTrap;
  }

  get hasPower(): boolean {
    return this.#hasPower;
  }

  /** Why the core stopped, if it trapped. */
  get trap(): Error | null {
    return this.#trap;
  }

  /** Of the core, or as it was at the end. */
  get established(): boolean {
    return this.#core?.established ?? this.#established;
  }

  /** The core, to be asked only; null when there is none any more. */
  get present(): Core | null {
    return this.#core;
  }

  /** @throws TpmPoweredOffError when power is lost; Trapped when the core has trapped, or does in this work. */
  use<T>(work: (core: Core) => T): T {
    this.requirePower();
    if (!this.#core) throw new Trapped(this.#trap);
    try {
      return work(this.#core);
    } catch (error) {
      this.#trap = error instanceof Error ? error : new Error(String(error));
      this.#discard();
      this.#onTrap();
      throw new Trapped(this.#trap);
    }
  }

  requirePower(): void {
    if (!this.#hasPower) throw new TpmPoweredOffError("The TPM lost its power during the command.");
  }

  losePower(): void {
    this.#hasPower = false;
    this.#discard();
  }

  #discard(): void {
    const core = this.#core;
    if (!core) return;
    this.#core = null;
    try {
      this.#established = core.established;
    } catch {
      // A core that trapped may trap again; the flag keeps what it was.
    }
    core.wipe({ hasTrapped: this.#trap !== null });
  }
}
