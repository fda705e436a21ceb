// A run of entries: one after the other, in ascending order of their handles, each handle once. An entry is a UINT32
// handle, the UINT32 size of its content, and the content, so that one set of entries has one encoding.
import { ENTRY_CONTENT_SIZE, ENTRY_HANDLE, ENTRY_HEADER } from "../../generated/layout/entry";
import { get32, put32 } from "../../base/index";

export { ENTRY_HEADER } from "../../generated/layout/entry";

export function entryHandle(entry: usize): u32 {
  return get32(entry + ENTRY_HANDLE);
}

/** Bytes of the content. */
export function entrySize(entry: usize): u32 {
  return get32(entry + ENTRY_CONTENT_SIZE);
}

export function entryContent(entry: usize): usize {
  return entry + ENTRY_HEADER;
}

export function nextEntry(entry: usize): usize {
  return entry + ENTRY_HEADER + entrySize(entry);
}

/** The first entry in [run, end) with `handle` or a larger one; `end` when there is none. */
export function firstEntry(run: usize, end: usize, handle: u32): usize {
  let entry = run;
  while (entry < end && entryHandle(entry) < handle) entry = nextEntry(entry);
  return entry;
}

/** Makes room at `at`, where firstEntry found the place of `handle`, for an entry with a zeroed content. */
export function insertEntry(at: usize, end: usize, handle: u32, size: u32): void {
  memory.copy(at + ENTRY_HEADER + size, at, end - at);
  memory.fill(at, 0, ENTRY_HEADER + size);
  put32(at + ENTRY_HANDLE, handle);
  put32(at + ENTRY_CONTENT_SIZE, size);
}

/** Closes the gap behind an entry that goes, and wipes what is left over at the end. Returns the new end. */
export function removeEntry(entry: usize, end: usize): usize {
  const next = nextEntry(entry);
  const newEnd = end - (next - entry);
  memory.copy(entry, next, end - next);
  memory.fill(newEnd, 0, end - newEnd);
  return newEnd;
}

/** `size` bytes from `run` on are whole entries in strictly ascending order. Says nothing of their contents. */
export function entriesAreValid(run: usize, size: u32): bool {
  let at: u32 = 0;
  let next: u64 = 0;
  while (at < size) {
    if (size - at < ENTRY_HEADER) return false;
    const entry = run + at;
    if ((entryHandle(entry) as u64) < next) return false;
    next = (entryHandle(entry) as u64) + 1;
    at += ENTRY_HEADER;
    if (entrySize(entry) > size - at) return false;
    at += entrySize(entry);
  }
  return true;
}
