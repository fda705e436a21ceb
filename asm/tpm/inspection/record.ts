// Writes the record into stateBuffer, which nobody uses between two calls of the host. Not the writer of responses: the
// command that is unfinished may have begun its own. What does not fit is not written; nothing traps here, for a trap
// would cost the TPM its power.
import { get16, put16, put32, put64, STATE_BUFFER_SIZE, stateBuffer, transferUsed } from "../../base/index";

/** Stands for no time at all: nothing is counted down. */
export const NEVER: u64 = u64.MAX_VALUE;

let at: u32 = 0;
let isFull: bool = false;

export function beginRecord(): void {
  at = 0;
  isFull = false;
}

/** Bytes of the record; 0 when it did not fit. */
export function recordSize(): u32 {
  transferUsed(at);
  return isFull ? 0 : at;
}

/** Where `size` bytes go; 0 when there is no room for them. */
function take(size: u32): usize {
  if (isFull || size > STATE_BUFFER_SIZE - at) {
    isFull = true;
    return 0;
  }
  const address = stateBuffer + at;
  at += size;
  return address;
}

export function add8(value: u32): void {
  const to = take(1);
  if (to != 0) store<u8>(to, value as u8);
}

export function addFlag(value: bool): void {
  add8(value ? 1 : 0);
}

export function add16(value: u32): void {
  const to = take(2);
  if (to != 0) put16(to, value);
}

export function add32(value: u32): void {
  const to = take(4);
  if (to != 0) put32(to, value);
}

export function add64(value: u64): void {
  const to = take(8);
  if (to != 0) put64(to, value);
}

export function addBytes(from: usize, size: u32): void {
  const to = take(size);
  if (to != 0) memory.copy(to, from, size);
}

/** A TPM2B of `size` bytes from `from`. */
export function add2B(from: usize, size: u32): void {
  add16(size);
  addBytes(from, size);
}

/** A TPM2B that lies in wire form. */
export function addWire2B(from: usize): void {
  addBytes(from, 2 + get16(from));
}

/** Room for a number that is known later: its place, for setCount. */
export function reserveCount(): u32 {
  add32(0);
  return at - 4;
}

export function setCount(place: u32, value: u32): void {
  if (!isFull) put32(stateBuffer + place, value);
}
