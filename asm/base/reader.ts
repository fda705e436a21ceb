// Reads the command in place: a cursor that never passes the end it was given. Nothing is copied; what is too short
// leaves the cursor where it was.
import { get16, get32, get64 } from "./bytes";

let cursor: usize = 0;
let end: usize = 0;
let short: bool = false;

/** Starts reading at `pointer`, which has `size` bytes. */
export function readerStart(pointer: usize, size: u32): void {
  cursor = pointer;
  end = pointer + size;
  short = false;
}

/** Address of the next byte. */
@inline
export function readerPosition(): usize {
  return cursor;
}

/** Bytes left. */
@inline
export function readerRemaining(): u32 {
  return (end - cursor) as u32;
}

/** True when any read since {@link readerStart} wanted more bytes than there were. */
@inline
export function readerInsufficient(): bool {
  return short;
}

/** Address of the next `size` bytes, which are passed, or 0 when there are fewer. */
export function take(size: u32): usize {
  if (size > readerRemaining()) {
    short = true;
    return 0;
  }
  const at = cursor;
  cursor += size;
  return at;
}

/** The next unsigned integer, or 0 when there are too few bytes: see {@link readerInsufficient}. */
export function readU8(): u32 {
  const at = take(1);
  return at == 0 ? 0 : load<u8>(at);
}

export function readU16(): u32 {
  const at = take(2);
  return at == 0 ? 0 : get16(at);
}

export function readU32(): u32 {
  const at = take(4);
  return at == 0 ? 0 : get32(at);
}

export function readU64(): u64 {
  const at = take(8);
  return at == 0 ? 0 : get64(at);
}
