/** Octets compared, and written in hexadecimal and other forms. What is compared here is public: nothing has to take the same time. */

export { toHex } from "../engine/bytes.ts";

/** @returns null for what is no hexadecimal in either case, or has an odd number of digits. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> | null {
  if (hex.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(hex)) return null;
  // Lists have hundreds of thousands of them: a loop takes a tenth of the time of Uint8Array.from.
  const octets = new Uint8Array(hex.length / 2);
  for (let at = 0; at < octets.length; at++) octets[at] = (nibble(hex, 2 * at) << 4) | nibble(hex, 2 * at + 1);
  return octets;
}

/** "0" to "9" are 0x30 to 0x39, "A" to "F" and "a" to "f" end in 1 to 6. */
function nibble(hex: string, at: number): number {
  const code = hex.charCodeAt(at);
  return code < 0x40 ? code & 0xf : (code & 0xf) + 9;
}

export const equal = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((octet, at) => octet === b[at]);

/** A character an octet, both ways. */
export const latin1 = (octets: Uint8Array): string => {
  let characters = "";
  for (let at = 0; at < octets.length; at += 8192) characters += String.fromCharCode(...octets.subarray(at, at + 8192));
  return characters;
};
export function fromLatin1(characters: string): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(characters.length);
  for (let at = 0; at < octets.length; at++) octets[at] = characters.charCodeAt(at);
  return octets;
}
