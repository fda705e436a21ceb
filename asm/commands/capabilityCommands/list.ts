// The list of a TPMS_CAPABILITY_DATA as it is written: moreData, selector, count, entries (Part 3, 30.2).
import { put32, reserve, writeU32 } from "../../base/index";

let more: usize = 0;
let countAt: usize = 0;
let count: u32 = 0;
let limit: u32 = 0;

/** At most `requested` entries and at most `most`, the number that fits a capability buffer. */
export function startList(capability: u32, requested: u32, most: u32): void {
  more = reserve(1);
  store<u8>(more, 0);
  writeU32(capability);
  countAt = reserve(4);
  put32(countAt, 0);
  count = 0;
  limit = min(requested, most);
}

/** True when one more entry may be written; false, and moreData is YES, when the list is full. */
export function beginEntry(): bool {
  if (count == limit) {
    store<u8>(more, 1);
    return false;
  }
  put32(countAt, ++count);
  return true;
}
