/** JSON with one key twice is read as the last of both: the rule that stands first would be lost. */

interface Open {
  /** Of an object; null of a list. */
  readonly keys: Set<string> | null;
}
const [QUOTE, BACKSLASH] = ['"', "\\"];

/**
 * @param text JSON that can be read.
 * @returns a key that an object has more than once, however it is spelt; null where there is none
 */
export function keyTwice(text: string): string | null {
  const open: Open[] = [];
  let isKey = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    const keys = open.at(-1)?.keys ?? null;
    if (character === "{" || character === "[") open.push({ keys: character === "{" ? new Set() : null });
    else if (character === "}" || character === "]") open.pop();
    if (character === "{" || character === ",") isKey = character === "{" || keys !== null;
    else if (character === "[" || character === ":") isKey = false;
    if (character !== QUOTE) continue;
    const end = endOfString(text, at);
    if (isKey && keys !== null) {
      const key = JSON.parse(text.slice(at, end)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    at = end - 1;
  }
  return null;
}

/** Behind the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}
