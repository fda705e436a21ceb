/**
 * When v86 compiles. Almost every block of a boot and of a short program runs too seldom to pay for a WebAssembly module
 * of its own: with the compiler on, a boot takes three times the processor time (docs/boot.md has the figures). Loops need
 * it. So it is on while the guest is in a loop, and where it stays busy for long, and off again after it has rested.
 */
import type { V86Cpu } from "./internals.ts";

/**
 * Instructions without a rest after which a guest is at work on something long, whatever it is. Above what a tpm2 tool takes (up to
 * 52 million for tpm2_createprimary, as many for IMA's hash of it before), and little beside what a program takes that is worth compiling as a whole.
 */
const LONG_WORK = 120_000_000;
/** A boot takes 70 million, other people's kernels more; it is not over before the prompt. */
const LONG_BOOT = 400_000_000;
/** A guest that sleeps for this many milliseconds at once waits for something, and begins anew after it. */
const REST_MS = 4;
/** Rests of so many milliseconds together: the work is over. */
const IDLE_MS = 1000;

/**
 * Slices that tell of a loop, by the last instruction of each: two to three million instructions without the compiler, some tens of
 * milliseconds with it. IMA's hash of a program, which is 35 to 53 million instructions, is one.
 */
const SLICES = 24;
/** Pages of code that a loop takes, and the timer's interrupt now and then. Whatever else a guest does is in ten and more. */
const LOOP_PAGES = 3;
const PAGE_SHIFT = 12;

const JIT_DISABLED = 0;

export class JitPolicy {
  readonly #cpu: V86Cpu;
  readonly #instructions: () => number;
  /** Where the last slices have ended, the pages' numbers; the oldest is overwritten. */
  readonly #ends = new Uint32Array(SLICES);
  #sliceCount = 0;
  #last: number;
  #busy = 0;
  #rested = 0;
  /** The guest is at work for long. */
  #isLong = false;
  #on = false;
  #booting = true;

  /** @param instructions v86's counter, 32 bits that wrap around. */
  constructor(cpu: V86Cpu, instructions: () => number) {
    this.#cpu = cpu;
    this.#instructions = instructions;
    this.#last = instructions();
    this.#set(false);
  }

  get compiling(): boolean {
    return this.#on;
  }

  /**
   * To be called after each slice of execution.
   * @param delay milliseconds until the next one; above 0 the guest sleeps.
   * @param booting the prompt has not appeared yet.
   */
  afterSlice(delay: number, booting: boolean): void {
    const now = this.#instructions();
    const executed = (now - this.#last) >>> 0;
    this.#last = now;
    // What the boot took says nothing about what begins at the prompt.
    if (booting !== this.#booting) this.#busy = 0;
    this.#booting = booting;
    if (delay >= REST_MS) {
      this.#busy = 0;
      this.#sliceCount = 0;
      this.#rested += delay;
      if (this.#rested >= IDLE_MS) this.#isLong = false;
    } else {
      this.#busy += executed;
      if (this.#busy > (booting ? LONG_BOOT : LONG_WORK)) {
        this.#rested = 0;
        this.#isLong = true;
      }
      // A release of v86 that does not tell: loops are long work then.
      const { previous_ip: last } = this.#cpu;
      if (last !== undefined) this.#ends[this.#sliceCount++ % SLICES] = last[0]! >>> PAGE_SHIFT;
    }
    const on = this.#isLong || this.#isLoop();
    if (on !== this.#on) this.#set(on);
  }

  #isLoop(): boolean {
    return this.#sliceCount >= SLICES && new Set(this.#ends).size <= LOOP_PAGES;
  }

  #set(on: boolean): void {
    this.#on = on;
    this.#cpu.set_jit_config(JIT_DISABLED, on ? 0 : 1);
  }
}
