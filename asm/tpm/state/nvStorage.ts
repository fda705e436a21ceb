// The non-volatile store of NV Indices and persistent objects: one run of entries (entries.ts) in canonical form, part of
// the blob. It lies outside STATE because it is large and changes rarely: its shadow is copied only when it changed.
//
// Everything that changes it is called after permanentChange(). Adding and removing move the entries behind: an address
// from nvFind() is good only until then.
import { NV_STORE_SIZE, nvShadow, nvStore } from "../../base/index";
import { ENTRY_HEADER, entryContent, entryHandle, firstEntry, insertEntry, nextEntry, removeEntry } from "./entries";

export { NV_STORE_SIZE, nvStore } from "../../base/index";

// Beyond what is in use both areas are zero, and never written (base/memory.ts).
let used: u32 = 0;
let shadowUsed: u32 = 0;
let changed: bool = false;

/** Bytes of {@link nvStore} in use. */
export function nvUsed(): u32 {
  return used;
}

/** Bytes that are left, headers of entries included. */
export function nvFree(): u32 {
  return NV_STORE_SIZE - used;
}

export function nvBegin(): void {
  // A change that never settled (the power went) is rolled back together with the next one.
  if (!changed) shadowUsed = used;
}

export function nvCommitted(): void {
  if (!changed) return;
  const end = max(used, shadowUsed);
  memory.copy(nvShadow, nvStore, end);
  changed = false;
}

export function nvRollBack(): void {
  if (!changed) return;
  memory.copy(nvStore, nvShadow, max(used, shadowUsed));
  used = shadowUsed;
  changed = false;
}

export function nvWipe(): void {
  memory.fill(nvStore, 0, used);
  memory.fill(nvShadow, 0, max(used, shadowUsed));
}

/** Takes the content of a blob that was just checked, or (size 0) of a new TPM. */
export function nvLoad(from: usize, size: u32): void {
  nvWipe();
  memory.copy(nvStore, from, size);
  memory.copy(nvShadow, from, size);
  used = size;
  shadowUsed = size;
  changed = false;
}

// --- entries ---------------------------------------------------------------------------------------------------

/** Address of the entry of a handle; 0 when it has none. */
export function nvFind(handle: u32): usize {
  const entry = firstEntry(nvStore, nvStore + used, handle);
  return entry < nvStore + used && entryHandle(entry) == handle ? entry : 0;
}

/** The entry with the smallest handle that is not below `handle`; 0 when there is none. */
export function nvFirst(handle: u32): usize {
  const entry = firstEntry(nvStore, nvStore + used, handle);
  return entry < nvStore + used ? entry : 0;
}

/** The entry after this one, in the order of handles; 0 after the last. */
export function nvNext(entry: usize): usize {
  const next = nextEntry(entry);
  return next < nvStore + used ? next : 0;
}

/** How many entries have handles of this TPM_HT. */
export function nvCount(handleType: u32): u32 {
  let count: u32 = 0;
  for (let entry = nvFirst(handleType << 24); entry != 0; entry = nvNext(entry)) {
    if (entryHandle(entry) >> 24 != handleType) break;
    count++;
  }
  return count;
}

/** Call before writing to the content of an entry. */
export function nvChange(): void {
  changed = true;
}

/** Adds an entry for a handle that has none, where nvFree() has room for ENTRY_HEADER and `size`. Its zeroed content. */
export function nvAdd(handle: u32, size: u32): usize {
  if (ENTRY_HEADER + size > nvFree()) unreachable();
  nvChange();
  const end = nvStore + used;
  const at = firstEntry(nvStore, end, handle);
  insertEntry(at, end, handle, size);
  used += ENTRY_HEADER + size;
  return entryContent(at);
}

/** Removes an entry, and every trace of it. */
export function nvRemove(entry: usize): void {
  nvChange();
  used = (removeEntry(entry, nvStore + used) - nvStore) as u32;
}
