/**
 * What a guest was told and what it had asked for, and whether what is found after a kill fits: one place has the TPM, and it has all that
 * was acknowledged and nothing that nobody asked for.
 */
import type { Told } from "./page/guest.ts";
import type { Place } from "./page/main.ts";

/** By what a tab may say that it has not got the TPM. Anything else is a fault. */
const REFUSALS: ReadonlySet<string> = new Set([
  // Another tab has it; it was given up to a move; another tab was first to take it back; it was taken away.
  ...["StoreLockedError", "StoreGivenUpError", "NotGivenUpError", "StoreFencedError"],
]);

export class Ledger {
  /** As it was acknowledged, or found; null before the first. */
  #count: number | null = null;
  /** What it may be at most: somebody asked for it. */
  #most = 0;
  /** By slot: what may be there. The first was acknowledged, the others were asked for since. */
  readonly #keys = new Map<number, (string | null)[]>();
  acknowledged = 0;
  /** Counts of which nobody was told how they ended, and how many of these were done. */
  unknown = 0;
  done = 0;

  /** A guest asks for one more than it has found. Of one whose TPM is elsewhere meanwhile it means nothing, unless it is acknowledged. */
  asked(told: Told): void {
    if (told.what === "key") {
      this.#keys.set(told.slot, [...this.#possible(told.slot), told.name]);
      return;
    }
    const found = told.count - 1;
    if (this.#count === null || this.#wrongCount(found) !== null) return;
    if (this.#most > this.#count) this.unknown++;
    if (found > this.#count) this.done++;
    this.#most = Math.max(this.#most, told.count);
  }

  /** @returns what must not be; null: all is well */
  acknowledge(told: Told): string | null {
    this.acknowledged++;
    if (told.what === "key") {
      this.#keys.set(told.slot, [told.name]);
      return null;
    }
    const broken = this.#wrongCount(told.count - 1);
    this.#found(told.count);
    return broken;
  }

  /**
   * From here on what was found is what was acknowledged.
   * @param places of all tabs that live, by their names
   * @returns what must not be; empty: all is well
   */
  judge(places: ReadonlyMap<string, Place>): string[] {
    const broken: string[] = [];
    const holders = [...places].filter(([, place]) => "holds" in place).map(([tab]) => tab);
    if (holders.length === 0) broken.push("The TPM is lost: no tab has it.");
    if (holders.length > 1) broken.push(`The TPM is there ${holders.length} times: in ${holders.join(" and ")}.`);
    for (const [tab, place] of places) {
      if ("holds" in place) this.#compare(tab, place.holds, broken);
      else if (!REFUSALS.has(place.refuses)) broken.push(`${tab} does not say who has the TPM, but ${place.refuses}.`);
    }
    return broken;
  }

  #compare(tab: string, { count, keys }: { count: number; keys: readonly (string | null)[] }, broken: string[]): void {
    const wrong = this.#wrongCount(count);
    if (wrong !== null) broken.push(`${tab}: ${wrong}`);
    this.#found(count);
    keys.forEach((name, slot) => {
      const possible = this.#possible(slot);
      if (!possible.includes(name)) {
        broken.push(
          `${tab}: key ${slot} is ${name ?? "not there"}, and was to be ${possible.map(String).join(" or ")}.`,
        );
      }
      this.#keys.set(slot, [name]);
    });
  }

  #wrongCount(found: number): string | null {
    if (this.#count === null) return null;
    if (found < this.#count) return `${this.#count} was acknowledged, and the counter is ${found}.`;
    return found > this.#most ? `The counter is ${found}, and nobody asked for more than ${this.#most}.` : null;
  }

  #found(count: number): void {
    this.#count = count;
    this.#most = count;
  }

  #possible(slot: number): (string | null)[] {
    return this.#keys.get(slot) ?? [null];
  }
}
