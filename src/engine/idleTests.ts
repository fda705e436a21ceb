/** So long nobody may have wanted anything of the TPM, milliseconds: firmware's commands follow each other faster. */
const QUIET = 200;

/** Has the self-tests that are still outstanding done while the TPM has nothing else to do. */
export class IdleTests {
  readonly #test: () => boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isBusy = false;

  /** @param test runs one of them, a few milliseconds, unless somebody waits; false when there is none to run now. */
  constructor(test: () => boolean) {
    this.#test = test;
  }

  /** After a command: looks for outstanding tests once it is quiet. */
  expect(): void {
    this.#isBusy = true;
    if (this.#timer === undefined) this.#look(QUIET);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #look(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isBusy) {
        this.#isBusy = false;
        this.#look(QUIET);
      } else if (this.#test()) {
        // The event loop turns in between: whoever comes waits for one test at most.
        this.#look(0);
      }
    }, delay);
    // In Node tests keep no process alive.
    if (typeof this.#timer === "object") this.#timer.unref();
  }
}
