/** All of them in a row, in memory of its own. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * A copy of the first `size` bytes, with memory of its own. A Buffer's `slice` is no copy, and to send a view to another
 * thread takes along what lies beside it.
 */
export const ownCopy = (bytes: Uint8Array, size = bytes.length): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.length > size ? bytes.subarray(0, size) : bytes);

/** Two small digits an octet, without anything between. */
export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
