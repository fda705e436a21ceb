/**
 * The clock of a guest: what v86 derives TSC, PIT, PM timer and APIC timer from, and `RtcClock` the wall clock. v86 itself
 * takes the host's, which goes on while the processor can't: while the page's thread is busy, the process is stopped, the
 * laptop sleeps or the TPM's answer is on its way. A guest that waits with a time-out then gives up, although for it nothing was slow.
 *
 * This clock follows the host's while the guest executes or sleeps, and only then. What it has missed it makes up for
 * slowly, so that no loop of the guest sees a jump.
 */

/** The furthest that the clock goes at once, in milliseconds; more only while the guest itself sleeps for longer. */
const STEP_MS = 10;
/** A clock that lags goes faster by this part. */
const CATCH_UP = 0.05;
/** A lag above this many milliseconds stays: at 5 % it would take ten minutes and more to make up for. */
const MAX_LAG_MS = 30_000;

export class GuestClock {
  readonly #host: () => number;
  #value: number;
  /** Of the host, when this clock was last looked at. */
  #seen: number;
  /** How far the clock may go at the next look. */
  #allowance = STEP_MS;
  #standing = false;
  #free = false;
  #instantiated = false;
  #lag = 0;
  #behind = 0;

  /** @param host milliseconds that never go back; `performance.now` by default. */
  constructor(host: () => number = () => performance.now()) {
    this.#host = host;
    this.#seen = host();
    this.#value = this.#seen;
  }

  /** Milliseconds that are still to be made up for, 0 to 30,000. */
  get lag(): number {
    return this.#lag;
  }

  /** Milliseconds by which the clock is behind for good, until {@link synchronise}. */
  get behind(): number {
    return this.#behind;
  }

  /** A v86 has it. */
  get isInstantiated(): boolean {
    return this.#instantiated;
  }

  /** Milliseconds, as `performance.now` has them. An arrow function: v86 calls it without `this`. */
  readonly now = (): number => {
    const host = this.#host();
    const elapsed = Math.max(0, host - this.#seen);
    this.#seen = host;
    if (this.#free) return host;
    if (this.#standing) {
      this.#miss(elapsed);
      return this.#value;
    }
    const step = Math.min(elapsed, this.#allowance);
    this.#miss(elapsed - step);
    const extra = Math.min(this.#lag, step * CATCH_UP, this.#allowance - step);
    this.#lag -= extra;
    this.#value += step + extra;
    this.#allowance = STEP_MS;
    return this.#value;
  };

  /** The guest sleeps (HLT) for this many milliseconds, or until an interrupt: that long the clock may go on. */
  sleep(milliseconds: number): void {
    this.#allowance = STEP_MS + Math.max(0, milliseconds);
  }

  /** The clock stands still until {@link resume}: the guest does not execute, nor does it sleep. */
  stand(): void {
    this.#standing = true;
  }

  resume(): void {
    if (!this.#standing) return;
    this.now();
    this.#standing = false;
    this.#allowance = STEP_MS;
  }

  /** Gives the clock the host's time again, as a jump: for a guest that is reset and has seen no clock yet. */
  synchronise(): void {
    this.#standing = false;
    this.now();
    this.#value += this.#lag + this.#behind;
    this.#lag = 0;
    this.#behind = 0;
  }

  /**
   * Goes on from where another guest's clock stood, which is this one's now, and stands until {@link resume}.
   * @param value what {@link now} said there.
   * @param behind milliseconds that have passed meanwhile for the host; they stay behind.
   */
  continueFrom(value: number, behind: number): void {
    this.#standing = true;
    this.now();
    this.#value = value;
    this.#lag = 0;
    this.#behind = behind;
  }

  /** The host's time from now on: nobody is there any more to say when the guest stands still. */
  free(): void {
    this.#free = true;
  }

  #miss(milliseconds: number): void {
    this.#lag += milliseconds;
    if (this.#lag <= MAX_LAG_MS) return;
    this.#behind += this.#lag;
    this.#lag = 0;
  }

  /**
   * For v86's option `wasm_fn`: instantiates v86.wasm so that the processor reads this clock. The devices are told by
   * the platform.
   *
   * ```ts
   * const clock = new GuestClock();
   * const emulator = new V86({ wasm_fn: clock.instantiate(wasm), acpi: true, ... });
   * attachTpm(emulator, { tpm, interface: "tis", clock });
   * ```
   * @param wasm v86.wasm of the installed v86: its bytes or the compiled module.
   */
  instantiate(wasm: BufferSource | WebAssembly.Module): (imports: WebAssembly.Imports) => Promise<WebAssembly.Exports> {
    return async (imports) => {
      const { env: given = {} } = imports;
      const { microtick, ...env } = given;
      if (typeof microtick !== "function") throw new TypeError("v86 imports no env.microtick: its clock is unknown");
      const module = wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm);
      const own = { ...imports, env: { ...env, microtick: this.now } };
      const { exports } = await WebAssembly.instantiate(module, own);
      this.#instantiated = true;
      return exports;
    };
  }
}

/** The class of v86 that its devices ask for the time, by name at each look. */
export interface ClockSource {
  microtick: () => number;
}

/**
 * Runs a part of a machine's work during which v86's devices see the machine's clock. All machines of a page share
 * v86's source of time, which is as it was afterwards.
 */
export function runWithClock<Result>(source: ClockSource, clock: GuestClock, work: () => Result): Result {
  const former = source.microtick;
  source.microtick = clock.now;
  try {
    return work();
  } finally {
    source.microtick = former;
  }
}
