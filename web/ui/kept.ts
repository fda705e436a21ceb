/** How somebody likes the page to look: small choices that are kept for the next visit, where the browser lets a page keep anything. */

const PREFIX = "tabtpm-look-";

/** @returns null where nothing is kept. */
export function readLook(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    // Site data is blocked: the page looks as at first.
    return null;
  }
}

export function keepLook(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // It holds until the page goes.
  }
}
