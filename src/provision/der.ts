/** ASN.1 in DER (X.690), as much of it as the TCG's certificate extensions and public keys need. */

const TAG = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
};

function tagged(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  const header = [tag];
  if (size < 0x80) header.push(size);
  else if (size < 0x100) header.push(0x81, size);
  else header.push(0x82, size >> 8, size & 0xff);
  if (size > 0xffff) throw new RangeError(`${size} octets are more than any certificate here needs`);
  const octets = new Uint8Array(header.length + size);
  octets.set(header);
  let at = header.length;
  for (const content of contents) {
    octets.set(content, at);
    at += content.length;
  }
  return octets;
}

export const sequence = (...members: readonly Uint8Array[]) => tagged(TAG.sequence, ...members);
/** A SET OF with one member: more would have to be sorted. */
export const setOf = (member: Uint8Array) => tagged(TAG.set, member);
/** An explicit context tag, 0 to 30. */
export const explicit = (number: number, content: Uint8Array) => tagged(0xa0 | number, content);
export const nothing = () => tagged(TAG.null);
export const utf8String = (text: string) => tagged(TAG.utf8String, new TextEncoder().encode(text));
export const octetString = (octets: Uint8Array) => tagged(TAG.octetString, octets);
/** Whole octets. */
export const bitString = (octets: Uint8Array) => tagged(TAG.bitString, Uint8Array.of(0), octets);

/** @param magnitude big-endian, not negative. */
export function integer(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++;
  const digits = magnitude.length === 0 ? Uint8Array.of(0) : magnitude.subarray(start);
  return tagged(TAG.integer, ...((digits[0] ?? 0) & 0x80 ? [Uint8Array.of(0)] : []), digits);
}

/** @param value 0 to 2^32 - 1 */
export function smallInteger(value: number): Uint8Array {
  return integer(Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value));
}

/** @param dotted "2.23.133.8.1" */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tagged(TAG.oid, Uint8Array.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) octets.unshift(0x80 | (high % 128));
  return octets;
}
