// DER (X.690), as much of it as an X.509 certificate takes: elements with one octet of tag and up to 65535 of contents.
// Reading is strict: a length in more octets than it needs is no DER. Writing goes from the end towards the start, so
// that lengths are known when they are written.
import { put16 } from "../../base/index";

export const DER_BOOLEAN: u32 = 0x01;
export const DER_INTEGER: u32 = 0x02;
export const DER_BIT_STRING: u32 = 0x03;
export const DER_OCTET_STRING: u32 = 0x04;
export const DER_NULL: u32 = 0x05;
export const DER_OID: u32 = 0x06;
export const DER_SEQUENCE: u32 = 0x30;
/** [0], [1] ...: constructed, context-specific. */
export const DER_CONTEXT: u32 = 0xa0;

// --- reading -----------------------------------------------------------------------------------------------------

/** Tag and address of the contents of the element that derRead last read. */
export let derTag: u32 = 0;
export let derContents: usize = 0;

/** Reads the element at `at`. @returns the address behind it; 0 when there is no proper one before `end` */
export function derRead(at: usize, end: usize): usize {
  if (end - at < 2) return 0;
  derTag = load<u8>(at);
  // More octets of tag.
  if ((derTag & 0x1f) == 0x1f) return 0;
  let size: u32 = load<u8>(at, 1);
  at += 2;
  if (size == 0x81) {
    if (end - at < 1) return 0;
    size = load<u8>(at);
    at += 1;
    if (size < 0x80) return 0;
  } else if (size == 0x82) {
    if (end - at < 2) return 0;
    size = (load<u8>(at) << 8) | load<u8>(at, 1);
    at += 2;
    if (size < 0x100) return 0;
  } else if (size >= 0x80) {
    return 0;
  }
  if (size > ((end - at) as u32)) return 0;
  derContents = at;
  return at + size;
}

/** The bits of a BIT STRING, the first of them in bit 31. */
export let derBits: u32 = 0;

/** Reads a BIT STRING of at most 32 bits that reaches from `at` to `end`. False when there is none. */
export function derReadBits(at: usize, end: usize): bool {
  if (derRead(at, end) != end || derTag != DER_BIT_STRING) return false;
  const size = (end - derContents) as u32;
  if (size < 1 || size > 5) return false;
  const unused: u32 = load<u8>(derContents);
  if (unused > (size == 1 ? 0 : 7)) return false;
  derBits = 0;
  for (let i: u32 = 1; i < size; i++) derBits |= (load<u8>(derContents + i) as u32) << (32 - 8 * i);
  // Bits that are not used are zero.
  return size == 1 || (load<u8>(end - 1) & ((1 << unused) - 1)) == 0;
}

// --- writing -----------------------------------------------------------------------------------------------------

/** Address of the first octet that was written. */
export let derStart: usize = 0;

/** The next octets written end at `end`. */
export function derWriteBefore(end: usize): void {
  derStart = end;
}

export function derPushByte(value: u32): void {
  derStart -= 1;
  store<u8>(derStart, value as u8);
}

export function derPushBytes(from: usize, size: u32): void {
  derStart -= size;
  memory.copy(derStart, from, size);
}

export function derPushHeader(tag: u32, size: u32): void {
  if (size < 0x80) {
    derPushByte(size);
  } else if (size < 0x100) {
    derPushByte(size);
    derPushByte(0x81);
  } else {
    derStart -= 2;
    put16(derStart, size);
    derPushByte(0x82);
  }
  derPushByte(tag);
}

/** Everything written up to `end` becomes the contents of an element. */
export function derWrap(tag: u32, end: usize): void {
  derPushHeader(tag, (end - derStart) as u32);
}

/** INTEGER of a big-endian number without sign, `size` > 0. */
export function derPushUnsigned(from: usize, size: u32): void {
  while (size > 1 && load<u8>(from) == 0) {
    from++;
    size--;
  }
  const end = derStart;
  derPushBytes(from, size);
  if (load<u8>(from) & 0x80) derPushByte(0);
  derWrap(DER_INTEGER, end);
}

export function derPushNull(): void {
  derPushByte(0);
  derPushByte(DER_NULL);
}

/** OBJECT IDENTIFIER; `oid` starts with the number of its octets. */
export function derPushOid(oid: usize): void {
  const size: u32 = load<u8>(oid);
  derPushBytes(oid + 1, size);
  derPushHeader(DER_OID, size);
}
