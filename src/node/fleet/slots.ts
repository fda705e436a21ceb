/** How many TPMs are in memory at once. */

export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count from 1 on. */
  constructor(count: number) {
    this.#free = count;
  }

  /** Somebody waits for a slot. */
  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /**
   * Resolves, in the order of the asking, when there is a slot.
   * @param makeRoom is called when there is none at once.
   */
  take(makeRoom: () => void): Promise<void> {
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      makeRoom();
    });
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
