/** What a terminal would obey instead of showing it, or what would turn the order of letters round. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}]/gu;

/** A file's text in one line that can only be read: its makers, and the guest with its files' names, may be anybody. */
export const printable = (text: string): string =>
  text.replace(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** A value as JSON that a terminal obeys as little, and that is still the same value for who reads it. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2)
    .split("\n")
    .map((line) => line.replace(UNSEEN, asEscapes))
    .join("\n");

/** A character above U+FFFF is two of JSON's escapes. */
const asEscapes = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("");
