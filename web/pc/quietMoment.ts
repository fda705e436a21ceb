/** The guest has sent no command for this long: its boot never waits for the page … */
const QUIET_MS = 150;
/** … or this long has passed since the moment was asked for, under a guest that never falls quiet. */
const PATIENCE_MS = 1500;

export interface QuietMomentOptions {
  readonly onQuiet: () => void;
  /** A command of the guest's is in flight: what the page asked now would wait for it, and the guest's next for that. */
  readonly isBusy?: (() => boolean) | undefined;
  /** Milliseconds of a clock that never goes back. Default: performance.now. */
  readonly now?: (() => number) | undefined;
}

/** Finds a moment at which the guest leaves its TPM alone, so that the page may ask it something. */
export class QuietMoment {
  readonly #options: QuietMomentOptions;
  readonly #now: () => number;
  #asked = 0;
  #lastCommand = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(options: QuietMomentOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** A command was answered. */
  commandSeen(): void {
    this.#lastCommand = this.#now();
  }

  /** `onQuiet` is called once, at the next such moment. */
  ask(): void {
    if (this.#timer !== null) return;
    this.#asked = this.#now();
    this.#wait(QUIET_MS);
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #wait(milliseconds: number): void {
    this.#timer = setTimeout(() => {
      const isBusy = this.#options.isBusy?.() ?? false;
      const wait = isBusy ? QUIET_MS : Math.min(this.#lastCommand + QUIET_MS, this.#asked + PATIENCE_MS) - this.#now();
      if (wait > 0) {
        this.#wait(wait);
      } else {
        this.#timer = null;
        this.#options.onQuiet();
      }
    }, milliseconds);
  }
}
