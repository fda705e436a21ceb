import {
  INT_GLOBAL_ENABLE,
  INT_POLARITY_LOW_LEVEL,
  INT_POLARITY_MASK,
  INT_SUPPORTED,
  LOCALITY_COUNT,
  NO_LOCALITY,
} from "./registers.ts";

const ENABLE_WRITABLE = (INT_GLOBAL_ENABLE | INT_POLARITY_MASK | INT_SUPPORTED) >>> 0;

/** Sets the interrupt line: true = asserted. Called outside of register accesses only. */
export type IrqLine = (asserted: boolean) => void;
/** Runs a task soon, after the current register access; `queueMicrotask` by default. */
export type Scheduler = (task: () => void) => void;

/**
 * TPM_INT_ENABLE_x and TPM_INT_STATUS_x of every locality, and the line they drive.
 *
 * Only the active locality can acknowledge, so only the active locality's status drives the line: a driver that
 * released the TPM with a status bit set must not leave a level interrupt that nobody can clear (QEMU's would stay).
 * The bits themselves survive and assert the line again when the locality comes back.
 *
 * The line may be an edge-triggered one (ISA), whose controller looks at its rises only. So it falls and rises again
 * where it is asserted anew before the fall was told, and where an acknowledgement leaves another event pending: QEMU's
 * stays up then, and who clears one bit at a time waits for ever.
 */
export class Interrupts {
  readonly #enable = new Uint32Array(LOCALITY_COUNT);
  readonly #status = new Uint32Array(LOCALITY_COUNT);
  readonly #line: IrqLine;
  readonly #schedule: Scheduler;
  #active = NO_LOCALITY;
  #delivered = false;
  /** Since the line was told last it has fallen, or is due to. */
  #fallen = false;
  #scheduled = false;

  constructor(line: IrqLine, schedule: Scheduler) {
    this.#line = line;
    this.#schedule = schedule;
    this.reset();
  }

  reset(): void {
    this.#enable.fill(INT_POLARITY_LOW_LEVEL);
    this.#status.fill(0);
    this.#active = NO_LOCALITY;
    this.#update();
  }

  enable(locality: number): number {
    return this.#enable[locality]!;
  }

  status(locality: number): number {
    return this.#status[locality]!;
  }

  /** @param lanes mask of the bits that the access covers; the others keep their value. */
  writeEnable(locality: number, value: number, lanes: number): void {
    this.#enable[locality] = (this.#enable[locality]! & ~lanes) | (value & lanes & ENABLE_WRITABLE);
    this.#update();
  }

  /** Writing 1 clears a status bit. */
  acknowledge(locality: number, value: number): void {
    const before = this.#status[locality]!;
    this.#status[locality] = before & ~value;
    if (locality === this.#active && (before & value) !== 0) this.#fallen = true;
    this.#update();
  }

  /** An event happened: those of its interrupts that are enabled become pending. */
  raise(locality: number, events: number): void {
    const enable = this.#enable[locality]!;
    if ((enable & INT_GLOBAL_ENABLE) === 0) return;
    this.#status[locality]! |= events & enable;
    this.#update();
  }

  /** @param active the locality whose interrupts drive the line, or NO_LOCALITY. */
  activate(active: number): void {
    this.#active = active;
    this.#update();
  }

  save(): { enable: number[]; status: number[] } {
    return { enable: [...this.#enable], status: [...this.#status] };
  }

  /** @param active the locality that is active in the restored state. */
  restore(enable: readonly number[], status: readonly number[], active: number): void {
    for (let locality = 0; locality < LOCALITY_COUNT; locality++) {
      this.#enable[locality] = enable[locality]! & ENABLE_WRITABLE;
      this.#status[locality] = status[locality]! & INT_SUPPORTED;
    }
    this.activate(active);
  }

  get #asserted(): boolean {
    if (this.#active === NO_LOCALITY) return false;
    const enable = this.#enable[this.#active]!;
    return (enable & INT_GLOBAL_ENABLE) !== 0 && (enable & this.#status[this.#active]! & INT_SUPPORTED) !== 0;
  }

  /** Raising an interrupt inside a memory access would move the CPU's instruction pointer in the middle of it. */
  #update(): void {
    if (!this.#asserted) this.#fallen = true;
    if (this.#scheduled || this.#isTold) return;
    this.#scheduled = true;
    this.#schedule(() => {
      this.#scheduled = false;
      if (this.#isTold) return;
      const asserted = this.#asserted;
      if (this.#delivered) this.#line(false);
      this.#delivered = asserted;
      this.#fallen = !asserted;
      if (asserted) this.#line(true);
    });
  }

  /** The line is as it was told, edges included. */
  get #isTold(): boolean {
    return this.#asserted ? this.#delivered && !this.#fallen : !this.#delivered;
  }
}
