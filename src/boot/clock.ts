/** A guest's clock that is behind the host's, in words, and what sets it. */

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** @returns "45 s", "3 min 20 s", "1 h 3 min": the two largest units, rounded down. */
export function durationInWords(milliseconds: number): string {
  let seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0 s";
  const parts: string[] = [];
  for (const [unit, size] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.join(" ");
}

/**
 * @param now milliseconds since 1970.
 * @returns the command that sets the guest's clock to it, as root.
 */
export const setClockCommand = (now: number): string => `date -s @${Math.round(now / 1000)}`;

/** When to speak of a clock that falls behind again and again: when that has doubled since it was last spoken of. */
export class ClockNotice {
  #spokenOf = 0;

  /**
   * @param behind milliseconds, as the machine's event `clock-behind` tells; 0 after a reset.
   * @returns true when the user is to be told now.
   */
  isNews(behind: number): boolean {
    if (behind === 0) this.#spokenOf = 0;
    if (behind === 0 || behind < 2 * this.#spokenOf) return false;
    this.#spokenOf = behind;
    return true;
  }
}
