import type { Locality } from "../engine/backend.ts";
import { type CommandCycle, EXECUTION } from "./commandCycle.ts";
import type { Interrupts } from "./interrupts.ts";
import {
  ACCESS_ACTIVE_LOCALITY,
  ACCESS_BEEN_SEIZED,
  ACCESS_PENDING_REQUEST,
  ACCESS_REQUEST_USE,
  ACCESS_SEIZE,
  ACCESS_VALID,
  INT_LOCALITY_CHANGED,
  LOCALITY_COUNT,
  NO_LOCALITY,
} from "./registers.ts";

/** A locality, or NO_LOCALITY. */
export type ActiveLocality = Locality | typeof NO_LOCALITY;

/** Who may use the TPM: TPM_ACCESS_x of the five localities, and the change from one to another. */
export class Localities {
  active: ActiveLocality = NO_LOCALITY;
  /** Bits of the TPM_ACCESS_x registers: REQUEST_USE, SEIZE (pending) and BEEN_SEIZED; the others are computed. */
  readonly #flags = new Uint8Array(LOCALITY_COUNT);
  /** The active locality gave up during execution; the highest that asked gets the TPM when the abort is through. */
  #relinquished = false;
  readonly #cycle: CommandCycle;
  readonly #interrupts: Interrupts;

  constructor(cycle: CommandCycle, interrupts: Interrupts) {
    this.#cycle = cycle;
    this.#interrupts = interrupts;
  }

  reset(): void {
    this.active = NO_LOCALITY;
    this.#flags.fill(0);
    this.#relinquished = false;
  }

  /** TPM_ACCESS_x without the establishment bit. */
  readAccess(locality: number): number {
    let access = ACCESS_VALID | (this.#flags[locality]! & (ACCESS_BEEN_SEIZED | ACCESS_REQUEST_USE));
    if (this.active === locality) access |= ACCESS_ACTIVE_LOCALITY;
    for (let other = 0; other < LOCALITY_COUNT; other++) {
      if (other !== locality && this.#flags[other]! & ACCESS_REQUEST_USE) access |= ACCESS_PENDING_REQUEST;
    }
    return access;
  }

  /**
   * A write to TPM_ACCESS_x. TIS leaves writes that set several fields to the vendor: here Seize goes before
   * activeLocality before requestUse, and beenSeized can be cleared together with any of them.
   */
  writeAccess(locality: Locality, value: number): void {
    if (value & ACCESS_BEEN_SEIZED) this.#flags[locality]! &= ~ACCESS_BEEN_SEIZED;
    if (value & ACCESS_SEIZE) this.#seize(locality);
    else if (value & ACCESS_ACTIVE_LOCALITY) this.#relinquish(locality);
    else if (value & ACCESS_REQUEST_USE) this.#requestUse(locality);
  }

  /** The aborted command of the active locality is over. */
  abortCompleted(): void {
    const seizer = this.#highest(ACCESS_SEIZE);
    if (seizer !== NO_LOCALITY) this.#newActiveLocality(seizer);
    else if (this.#relinquished) this.#newActiveLocality(this.#highest(ACCESS_REQUEST_USE));
    else this.#cycle.becomeReady();
  }

  save(): number[] {
    return [...this.#flags];
  }

  restore(active: ActiveLocality, flags: readonly number[]): void {
    this.reset();
    this.active = active;
    this.#flags.set(flags);
  }

  #requestUse(locality: Locality): void {
    if (this.active === locality) return;
    if (this.active === NO_LOCALITY) this.#newActiveLocality(locality);
    else this.#flags[locality]! |= ACCESS_REQUEST_USE;
  }

  #relinquish(locality: Locality): void {
    if (this.active !== locality) {
      this.#flags[locality]! &= ~(ACCESS_REQUEST_USE | ACCESS_SEIZE);
      return;
    }
    const waiting = this.#highest(ACCESS_REQUEST_USE | ACCESS_SEIZE);
    if (this.#cycle.state === EXECUTION) {
      this.#cycle.prepareAbort();
      if (waiting !== NO_LOCALITY) {
        this.#relinquished = true;
        return;
      }
      // Nobody waits for the end of the abort: the locality is free at once, the TPM not Ready before that end.
    }
    this.#newActiveLocality(waiting);
  }

  #seize(locality: Locality): void {
    if (this.active !== NO_LOCALITY && locality <= this.active) return;
    for (let higher = locality; higher < LOCALITY_COUNT; higher++) {
      if (this.#flags[higher]! & ACCESS_SEIZE) return;
    }
    for (let lower = 0; lower < locality; lower++) this.#flags[lower]! &= ~ACCESS_SEIZE;
    this.#flags[locality]! |= ACCESS_SEIZE;
    if (this.#cycle.state === EXECUTION) this.#cycle.prepareAbort();
    else this.#newActiveLocality(locality);
  }

  #newActiveLocality(next: ActiveLocality): void {
    const previous = this.active;
    if (previous !== NO_LOCALITY && next !== NO_LOCALITY && this.#flags[next]! & ACCESS_SEIZE) {
      this.#flags[previous]! |= ACCESS_BEEN_SEIZED;
    }
    this.active = next;
    this.#relinquished = false;
    this.#cycle.clear();
    this.#interrupts.activate(next);
    if (next === NO_LOCALITY) return;
    this.#flags[next]! &= ~(ACCESS_REQUEST_USE | ACCESS_SEIZE);
    this.#interrupts.raise(next, INT_LOCALITY_CHANGED);
  }

  /** The highest locality with one of the flags: it has the highest priority. */
  #highest(flags: number): ActiveLocality {
    for (let locality = LOCALITY_COUNT - 1; locality >= 0; locality--) {
      if (this.#flags[locality]! & flags) return locality as Locality;
    }
    return NO_LOCALITY;
  }
}
