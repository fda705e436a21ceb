import type { Socket } from "node:net";

/** Of clients that want the same: so many at once, the others in the order in which they came. */
export class Turns {
  #free: number;
  #waiting: ((hasTurn: boolean) => void)[] = [];

  /** @param limit from 1 on. */
  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Resolves when it is this client's turn.
   * @returns what ends it; null for one who has gone before.
   */
  async take(client: Socket): Promise<(() => void) | null> {
    if (this.#free > 0) this.#free--;
    else if (!(await this.#wait(client))) return null;
    return () => this.#end();
  }

  /** It is everybody's turn from now on. */
  lift(): void {
    this.#free = Number.POSITIVE_INFINITY;
    for (const begin of this.#waiting.splice(0)) begin(true);
  }

  #wait(client: Socket): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      // Or many who come and go would fill the memory.
      client.once("close", () => {
        this.#waiting = this.#waiting.filter((other) => other !== resolve);
        resolve(false);
      });
    });
  }

  #end(): void {
    const next = this.#waiting.shift();
    if (next) next(true);
    else this.#free++;
  }
}
