import type { PowerOnOptions } from "./api.ts";
import type { Core } from "./core.ts";
import { TpmStateError } from "./errors.ts";
import { PowerCycle } from "./powerCycle.ts";
import type { PowerSwitch } from "./powerSwitch.ts";
import { lostError, noPowerError } from "./refusals.ts";
import type { StateKeeper } from "./stateKeeper.ts";
import type { StateLoader } from "./stateLoader.ts";

export interface PowerCyclesParts {
  newCore(): Promise<Core>;
  readonly keeper: StateKeeper;
  readonly loader: StateLoader;
  readonly switch: PowerSwitch;
  /** Something that the TPM says of itself is another. */
  changed(): void;
  /** The TPM stops, and says why. */
  fail(cause: unknown): void;
}

/**
 * A TPM's power cycles, one after the other. Each has a core of its own that has had no power before, so that nothing of the one before
 * can leak into it.
 */
export class PowerCycles {
  readonly #parts: PowerCyclesParts;
  #physicalPresence = false;
  /** Null without power, and until _TPM_Init is through. */
  current: PowerCycle | null = null;

  constructor(parts: PowerCyclesParts) {
    this.#parts = parts;
  }

  /** @throws the failure, or TpmPoweredOffError, where there is none. */
  get running(): PowerCycle {
    if (!this.current) throw this.#parts.switch.failure ?? noPowerError();
    return this.current;
  }

  /** It lasts over power cycles, as a jumper does. */
  setPhysicalPresence(asserted: boolean): void {
    this.#physicalPresence = asserted;
    this.current?.setPhysicalPresence(asserted);
  }

  /**
   * _TPM_Init, as the next job of the TPM.
   * @param cycle of {@link PowerSwitch.init}.
   * @throws TpmStateError when the volatile state does not fit: the TPM has no power then; the failure; TpmPoweredOffError when it lost power.
   */
  async init(cycle: number, options: PowerOnOptions): Promise<void> {
    const { switch: power, changed, fail } = this.#parts;
    // By a failure as well.
    if (!power.isOvertaken(cycle)) {
      try {
        const begun = await this.#begin(options);
        if (power.isOvertaken(cycle)) begun.end();
        else this.#enter(begun);
      } catch (error) {
        if (error instanceof TpmStateError && error.reason === "volatile") {
          if (!power.isOvertaken(cycle)) {
            power.cut("The TPM's power was cut");
            changed();
          }
          throw error;
        }
        fail(error);
      }
    }
    if (power.failure) throw power.failure;
    // A later powerOn() stands for this one as well.
    if (power.isOvertaken(cycle) && !power.isOn) throw lostError("The TPM's power was cut");
    changed();
  }

  /** Another power cycle goes on in the place of the one of now. */
  replace(powerCycle: PowerCycle): void {
    this.current?.end();
    this.#enter(powerCycle);
  }

  /** Power is lost. */
  end(): void {
    this.current?.end();
    this.current = null;
  }

  #enter(powerCycle: PowerCycle): void {
    this.current = powerCycle;
    if (this.#physicalPresence) powerCycle.setPhysicalPresence(true);
  }

  async #begin(options: PowerOnOptions): Promise<PowerCycle> {
    const { newCore, keeper, loader } = this.#parts;
    const core = await loader.loadedCore();
    try {
      return await PowerCycle.begin(core, keeper, newCore, options);
    } catch (error) {
      core.wipe({ hasTrapped: true });
      throw error;
    }
  }
}
