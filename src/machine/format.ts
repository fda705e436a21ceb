/**
 * How a machine file lies in its octets; numbers are big-endian.
 *
 * | at | size | what |
 * |---|---|---|
 * | 0 | 8 | "TABTPMPC" |
 * | 8 | 2 | version, 1 |
 * | 10 | 2 | flags, 0 |
 * | 12 | 4 | size H of the head |
 * | 16 | H | the head: JSON in UTF-8 (head.ts) |
 * | 16+H | 32 | SHA-256 of all before it: the head can be shown without the rest |
 * | 48+H | n | the parts one after the other, in the order and sizes of the head, as one gzip member (RFC 1952) |
 * | 48+H+n | 32 | SHA-256 of all before it |
 *
 * The digests find what happens to a file. They do not say who made it: who can change it can compute them.
 */
export const MACHINE_MAGIC = "TABTPMPC";
export const MACHINE_FORMAT_VERSION = 1;
export const PREFIX_SIZE = 16;
export const DIGEST_SIZE = 32;
export const HEAD_LIMIT = 1 << 20;

/** Octets are handed on in pieces of this size, so that nobody else on the thread waits for long. */
export const PIECE = 1 << 18;

/** How far reading or writing is. */
export interface MachineProgress {
  /** Octets of the parts, uncompressed. */
  readonly done: number;
  readonly total: number;
}

export interface Prefix {
  readonly version: number;
  readonly flags: number;
  readonly headSize: number;
}

export function prefixBytes(headSize: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PREFIX_SIZE);
  bytes.set(new TextEncoder().encode(MACHINE_MAGIC));
  const view = new DataView(bytes.buffer);
  view.setUint16(8, MACHINE_FORMAT_VERSION);
  view.setUint32(12, headSize);
  return bytes;
}

/** Whether it begins as a machine file does. */
export const hasMagic = (bytes: Uint8Array): boolean =>
  bytes.length >= MACHINE_MAGIC.length &&
  [...MACHINE_MAGIC].every((character, index) => bytes[index] === character.charCodeAt(0));

/** @param bytes at least {@link PREFIX_SIZE} */
export function readPrefix(bytes: Uint8Array): Prefix {
  const view = new DataView(bytes.buffer, bytes.byteOffset, PREFIX_SIZE);
  return { version: view.getUint16(8), flags: view.getUint16(10), headSize: view.getUint32(12) };
}
