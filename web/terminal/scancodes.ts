/** The keys of a PC's keyboard in scan code set 1, which the keyboard controller gives to programs, by `KeyboardEvent.code`. */

const letters = (first: number, keys: string): [string, number][] =>
  [...keys].map((key, index) => [`Key${key}`, first + index]);
const digits: [string, number][] = [..."1234567890"].map((key, index) => [`Digit${key}`, 0x02 + index]);
const functionKeys: [string, number][] = Array.from({ length: 10 }, (_, index) => [`F${index + 1}`, 0x3b + index]);

const PLAIN: ReadonlyMap<string, number> = new Map([
  ["Escape", 0x01],
  ...digits,
  ["Minus", 0x0c],
  ["Equal", 0x0d],
  ["Backspace", 0x0e],
  ["Tab", 0x0f],
  ...letters(0x10, "QWERTYUIOP"),
  ["BracketLeft", 0x1a],
  ["BracketRight", 0x1b],
  ["Enter", 0x1c],
  ["ControlLeft", 0x1d],
  ...letters(0x1e, "ASDFGHJKL"),
  ["Semicolon", 0x27],
  ["Quote", 0x28],
  ["Backquote", 0x29],
  ["ShiftLeft", 0x2a],
  ["Backslash", 0x2b],
  ...letters(0x2c, "ZXCVBNM"),
  ["Comma", 0x33],
  ["Period", 0x34],
  ["Slash", 0x35],
  ["ShiftRight", 0x36],
  ["NumpadMultiply", 0x37],
  ["AltLeft", 0x38],
  ["Space", 0x39],
  ["CapsLock", 0x3a],
  ...functionKeys,
  ["NumLock", 0x45],
  ["ScrollLock", 0x46],
  ["Numpad7", 0x47],
  ["Numpad8", 0x48],
  ["Numpad9", 0x49],
  ["NumpadSubtract", 0x4a],
  ["Numpad4", 0x4b],
  ["Numpad5", 0x4c],
  ["Numpad6", 0x4d],
  ["NumpadAdd", 0x4e],
  ["Numpad1", 0x4f],
  ["Numpad2", 0x50],
  ["Numpad3", 0x51],
  ["Numpad0", 0x52],
  ["NumpadDecimal", 0x53],
  ["IntlBackslash", 0x56],
  ["F11", 0x57],
  ["F12", 0x58],
]);

/** Those that came with later keyboards have E0h in front. */
const EXTENDED: ReadonlyMap<string, number> = new Map([
  ["NumpadEnter", 0x1c],
  ["ControlRight", 0x1d],
  ["NumpadDivide", 0x35],
  ["AltRight", 0x38],
  ["Home", 0x47],
  ["ArrowUp", 0x48],
  ["PageUp", 0x49],
  ["ArrowLeft", 0x4b],
  ["ArrowRight", 0x4d],
  ["End", 0x4f],
  ["ArrowDown", 0x50],
  ["PageDown", 0x51],
  ["Insert", 0x52],
  ["Delete", 0x53],
]);

const RELEASE = 0x80;

/**
 * @param key of a `KeyboardEvent`: its `code`.
 * @param pressed false: let go.
 * @returns the octets; none for a key that a PC's keyboard does not have.
 */
export function scanCodes(key: string, pressed: boolean): readonly number[] {
  const released = pressed ? 0 : RELEASE;
  const plain = PLAIN.get(key);
  if (plain !== undefined) return [plain | released];
  const extended = EXTENDED.get(key);
  return extended === undefined ? [] : [0xe0, extended | released];
}
