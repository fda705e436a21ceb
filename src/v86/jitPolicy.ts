/**
 * When v86 compiles. Almost every block of a boot and of a short program runs too seldom to pay for a WebAssembly module
 * of its own: with the compiler on, a boot takes three times the processor time (docs/boot.md has the figures). Long
 * loops need it. So it is off until the guest stays busy, and off again after it has rested.
 */
import type { V86Cpu } from "./internals.ts";

/**
 * Instructions without a rest after which a guest is at work on something long. Above what a tpm2 tool takes (up to
 * 52 million for tpm2_createprimary), and little beside what a loop takes that is worth compiling.
 */
const LONG_WORK = 60_000_000;
/** A boot takes 70 million, other people's kernels more; it is not over before the prompt. */
const LONG_BOOT = 400_000_000;
/** A guest that sleeps for this many milliseconds at once waits for something, and begins anew after it. */
const REST_MS = 4;
/** Rests of so many milliseconds together: the work is over. */
const IDLE_MS = 1000;

const JIT_DISABLED = 0;

export class JitPolicy {
  readonly #cpu: V86Cpu;
  readonly #instructions: () => number;
  #last: number;
  #busy = 0;
  #rested = 0;
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
      this.#rested += delay;
      if (this.#on && this.#rested >= IDLE_MS) this.#set(false);
      return;
    }
    this.#busy += executed;
    if (this.#busy > (booting ? LONG_BOOT : LONG_WORK)) {
      this.#rested = 0;
      if (!this.#on) this.#set(true);
    }
  }

  #set(on: boolean): void {
    this.#on = on;
    this.#cpu.set_jit_config(JIT_DISABLED, on ? 0 : 1);
  }
}
