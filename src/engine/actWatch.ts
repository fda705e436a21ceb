/** What setTimeout takes, milliseconds. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** An Authenticated Countdown Timer signals while nobody asks: somebody has to look when it is due. */
export class ActWatch {
  readonly #look: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param look is to call {@link expect} again. */
  constructor(look: () => void) {
    this.#look = look;
  }

  /** @param delay milliseconds until the next of the timers signals; null when none counts down. */
  expect(delay: number | null): void {
    if (delay === null && this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = delay === null ? undefined : setTimeout(this.#look, Math.min(delay, LONGEST_TIMEOUT));
    // In Node a TPM that counts down does not keep the process alive.
    if (typeof this.#timer === "object") this.#timer.unref();
  }
}
