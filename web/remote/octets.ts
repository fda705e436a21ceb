/** Octets as text: base64 with its padding, and no other way to write the same octets; and from hexadecimal. */

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Of what String.fromCharCode takes at once. */
const PIECE = 0x8000;

export function toBase64(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += PIECE) text += String.fromCharCode(...octets.subarray(at, at + PIECE));
  return btoa(text);
}

/** @returns null for what {@link toBase64} would not have written. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 4 !== 0 || !BASE64.test(text)) return null;
  const octets = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  // Bits behind the last octet must be zero.
  return text.endsWith("=") && btoa(String.fromCharCode(...octets.subarray(-(octets.length % 3)))) !== text.slice(-4)
    ? null
    : octets;
}

/** @returns null for what is no hexadecimal. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

export const randomOctets = (size: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(size));
