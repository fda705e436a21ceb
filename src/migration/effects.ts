/** Carries out effects in their order, each when the one before is done, and tells each time where it is. */
export class EffectQueue<Effect> {
  readonly #carryOut: (effect: Effect) => Promise<void>;
  #last: Promise<void> = Promise.resolve();

  /** @param carryOut never rejects */
  constructor(carryOut: (effect: Effect) => Promise<void>) {
    this.#carryOut = carryOut;
  }

  add(effects: readonly Effect[]): void {
    for (const effect of effects) this.#last = this.#last.then(() => this.#carryOut(effect));
  }

  /** When all that was added until now is done. @param work never throws */
  finally(work: () => void): void {
    this.#last = this.#last.then(work);
  }
}

export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
