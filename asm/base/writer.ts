// Writes the response in place, behind the header that dispatch fills in last. Commands check their sizes before they
// write; a response that would not fit is a defect of the core and traps.
import { put16, put32, put64 } from "./bytes";
import { fitsResponse, responseBuffer } from "./memory";

let cursor: u32 = 0;

/** Starts writing at `offset` bytes into the response. */
export function writeFrom(offset: u32): void {
  cursor = offset;
}

/** Bytes of the response so far, header included. */
export function written(): u32 {
  return cursor;
}

/** Makes room for `size` bytes and returns their address: for values that are computed in place. */
export function reserve(size: u32): usize {
  if (!fitsResponse(cursor, size)) unreachable();
  const address = responseBuffer + cursor;
  cursor += size;
  return address;
}

export function writeU8(value: u32): void {
  store<u8>(reserve(1), value);
}

export function writeU16(value: u32): void {
  put16(reserve(2), value);
}

export function writeU32(value: u32): void {
  put32(reserve(4), value);
}

export function writeU64(value: u64): void {
  put64(reserve(8), value);
}

export function writeBytes(from: usize, size: u32): void {
  memory.copy(reserve(size), from, size);
}

/** A TPM2B with `size` bytes from `from`. */
export function write2B(from: usize, size: u32): void {
  writeU16(size);
  writeBytes(from, size);
}

/** A TPM2B that already lies in wire form. */
export function copyWire2B(from: usize): void {
  writeBytes(from, 2 + (bswap<u16>(load<u16>(from)) as u32));
}
