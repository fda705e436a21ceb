/**
 * What counts as text in an event's data, one rule for every type of event:
 *
 * - UTF-8 or UTF-16 in little-endian, with or without a byte order mark, with any number of zeros at its end. One zero
 *   octet may end UTF-16, too. Zeros in between part texts of three characters or more.
 * - Every character is printable (Unicode's letters, marks, numbers, punctuation, symbols, spaces); tabs and ends of
 *   lines become spaces. Anything else, control and format characters and lone surrogates among them, makes the whole
 *   no text: the lines end on terminals and pages.
 * - Where the end cuts a character in two, that one is left out, and "…" stands for it.
 * - Almost any octets are UTF-16 of some script: what is not in ASCII must be of one writing system, and a text in one
 *   of the large scripts (Han, Hangul) must be long, or end as UTF-16 ends, or have ASCII in it.
 */

/** Characters of a text that a description shows. */
const MAX_TEXT = 200;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u;
/** A shorter piece between two zeros is more likely a number. */
const MIN_PIECE = 3;
/** Characters that a text must have before its cut end is forgiven. */
const MIN_CUT = 4;

/** Punctuation and digits of any script, among them the full-width ones. */
const PUNCTUATION = "\\x20-\\x7e\\xa0-\\xbf\\u2010-\\u2027\\uff01-\\uff60";
/** Scripts that a text in UTF-16 may be in, each along with Latin. */
const SCRIPTS = [
  "Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Tamil Telugu".split(" "),
  "Kannada Malayalam Sinhala Thai Lao Myanmar Khmer Ethiopic Tibetan".split(" "),
]
  .flat()
  .map((script) => writing([script], "\\p{sc=Common}\\p{sc=Inherited}"));
/** A third or more of all values of 16 bits are characters of these. */
const LARGE_SCRIPTS = [["Han", "Hiragana", "Katakana", "Bopomofo"], ["Hangul"]].map((scripts) =>
  writing(scripts, PUNCTUATION),
);
/** Characters that a text needs: at least, and in a large script when nothing else says that it is one. */
const [MIN_WIDE, MIN_LARGE] = [3, 12];

interface Writing {
  /** Nothing but letters of the script, and what belongs to any script. */
  readonly all: RegExp;
  /** One character that speaks for the script. */
  readonly own: RegExp;
}

function writing(scripts: readonly string[], common: string): Writing {
  const letters = ["Latin", ...scripts].map((script) => `\\p{scx=${script}}`).join("");
  return { all: new RegExp(`^[${letters}${common}]+$`, "u"), own: new RegExp(`[ -~${letters}]`, "u") };
}

/** Text as the rule above has it, at most {@link MAX_TEXT} characters of it; null when the octets are something else. */
export function text(bytes: Uint8Array): string | null {
  return looksWide(bytes) ? (wide(bytes) ?? narrow(bytes)) : (narrow(bytes) ?? wide(bytes));
}

/** A field that holds UTF-16 and nothing else, up to its terminator; null when that is empty or not printable. */
export function wideField(bytes: Uint8Array): string | null {
  let end = 0;
  while (end + 1 < bytes.length && (bytes[end] !== 0 || bytes[end + 1] !== 0)) end += 2;
  return presentable(decode("utf-16le", bytes.subarray(0, end)));
}

/** A field that holds ASCII or UTF-8 and nothing else, up to its terminator; null when that is empty or not printable. */
export function narrowField(bytes: Uint8Array): string | null {
  const end = bytes.indexOf(0);
  return presentable(decode("utf-8", end < 0 ? bytes : bytes.subarray(0, end)));
}

/** At most so many characters, "…" for the rest. */
export function shorten(value: string, most = MAX_TEXT): string {
  if (value.length <= most) return value;
  const characters = Array.from(value);
  return characters.length <= most ? value : `${characters.slice(0, most).join("")}…`;
}

/** Whether every second octet is 0: ASCII in UTF-16. */
function looksWide(bytes: Uint8Array): boolean {
  for (let i = 1; i < bytes.length; i += 2) if (bytes[i] !== 0) return false;
  return bytes.length >= 4;
}

function narrow(bytes: Uint8Array): string | null {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const decoded = decode("utf-8", bytes.subarray(0, end));
  if (decoded === null) return null;
  // A few octets, of which some happen to be characters, are more likely a number.
  if (end < 3 && bytes.length - end > 1) return null;
  if (end < 5 && /[^\0-\x7f]/.test(decoded.value)) return null;
  return presentable(decoded);
}

function wide(bytes: Uint8Array): string | null {
  const odd = bytes.length % 2 === 1;
  let end = bytes.length - (odd ? 1 : 0);
  let ends = odd && bytes[end] === 0;
  const halfCharacter = odd && !ends;
  while (end > 0 && bytes[end - 1] === 0 && bytes[end - 2] === 0) {
    end -= 2;
    ends = true;
  }
  if (end < 4) return null;
  const decoded = decode("utf-16le", bytes.subarray(0, end));
  if (decoded === null) return null;
  const marked = ends || (bytes[0] === 0xff && bytes[1] === 0xfe);
  if (isMostlyAscii(bytes.subarray(0, end)) || !isOneWriting(decoded.value.replaceAll("\0", ""), marked)) return null;
  return presentable({ value: decoded.value, cut: decoded.cut || halfCharacter });
}

/** Two octets of ASCII in a row are a Chinese character: what is in front of binary data is not. */
function isMostlyAscii(bytes: Uint8Array): boolean {
  return bytes.filter((octet) => octet >= 0x20 && octet <= 0x7e).length * 4 > bytes.length * 3;
}

/** @param marked whether something other than the characters says that they are UTF-16. */
function isOneWriting(value: string, marked: boolean): boolean {
  if (/^[\t\n\r -~]+$/.test(value)) return true;
  const characters = Array.from(value.replace(/[\t\n\r]/g, " "));
  if (!marked && characters.length < MIN_WIDE) return false;
  const line = characters.join("");
  const fits = ({ all, own }: Writing) =>
    all.test(line) && characters.filter((character) => own.test(character)).length * 3 >= characters.length * 2;
  if (SCRIPTS.some(fits)) return true;
  const isLikely = characters.length >= MIN_LARGE || (characters.length >= MIN_WIDE && (marked || /[ -~]/.test(line)));
  return isLikely && LARGE_SCRIPTS.some(fits);
}

interface Decoded {
  readonly value: string;
  /** Whether the last character lacks octets and is left out. */
  readonly cut: boolean;
}

/** null where the octets are not of the encoding. */
function decode(encoding: "utf-8" | "utf-16le", bytes: Uint8Array): Decoded | null {
  for (const cut of [false, true]) {
    try {
      return { value: new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: cut }), cut };
    } catch {
      // As a stream, octets may end in the middle of a character.
    }
  }
  return null;
}

function presentable(decoded: Decoded | null): string | null {
  if (decoded === null) return null;
  const { value, cut } = decoded;
  if (cut && value.length < MIN_CUT) return null;
  const pieces = value.split(/\0+/);
  if (pieces.length > 1 && pieces.some((piece) => piece.length < MIN_PIECE)) return null;
  const line = pieces.join(" ").replace(/[\t\n\r]+/g, " ");
  if (!PRINTABLE.test(line)) return null;
  const trimmed = line.trim();
  if (trimmed === "") return null;
  const shown = shorten(trimmed);
  return cut && shown === trimmed ? `${shown}…` : shown;
}

/** Characters that make a name: fewer are more likely a number. */
const MIN_NAME = 8;

/**
 * The name in ASCII, ended by a zero, that data begin with whose rest is no text: "Spec ID Event03" and the like. The
 * rest begins after that zero. null where there is none.
 */
export function leadingName(bytes: Uint8Array): { readonly name: string; readonly rest: Uint8Array } | null {
  const end = bytes.indexOf(0);
  if (end < MIN_NAME || bytes.subarray(0, end).some((octet) => octet < 0x20 || octet > 0x7e)) return null;
  const name = narrowField(bytes);
  return name === null ? null : { name, rest: bytes.subarray(end + 1) };
}
