/**
 * A copy of the first `size` bytes, with memory of its own. A Buffer's `slice` is no copy, and to send a view to another
 * thread takes along what lies beside it.
 */
export const ownCopy = (bytes: Uint8Array, size = bytes.length): Uint8Array<ArrayBuffer> =>
  new Uint8Array(bytes.length > size ? bytes.subarray(0, size) : bytes);
