// The non-volatile store of NV Indices and persistent objects: one run of entries (entries.ts) in canonical form, part of
// the blob. It lies outside STATE because it is large and changes rarely: of its shadow only the chunks are copied that
// changed, and whoever hashes the run in chunks is told which digests no longer hold.
//
// Everything that changes it is called after permanentChange(). Adding and removing move the entries behind: an address
// from nvFind() is good only until then.
import { NV_STORE_SIZE, nvShadow, nvStore } from "../../base/index";
import { ENTRY_HEADER, entryContent, entryHandle, firstEntry, insertEntry, nextEntry, removeEntry } from "./entries";

export { NV_STORE_SIZE, nvStore } from "../../base/index";

/** Bytes of a chunk. Of 1,000 indices of 8 octets about 33 are used: a digest of one, and one of all digests, cost the same. */
export const NV_CHUNK: u32 = 2048;
const CHUNKS: u32 = NV_STORE_SIZE / NV_CHUNK;

/** A byte for each chunk. */
const flags: usize = memory.data(96);
if (NV_STORE_SIZE % NV_CHUNK != 0 || CHUNKS > 96) ERROR("the chunks of the NV store have no room for their flags");
/** The chunk may differ from its shadow. */
const CHANGED: u8 = 1;
/** nvHashed() was called, and the chunk is as it was then. */
const HASHED: u8 = 2;

// Beyond what is in use both areas are zero, and never written but to the end of a chunk (base/memory.ts).
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
  for (let chunk: u32 = 0; chunk < CHUNKS; chunk++) {
    if (!(load<u8>(flags + chunk) & CHANGED)) continue;
    memory.copy(nvShadow + chunk * NV_CHUNK, nvStore + chunk * NV_CHUNK, NV_CHUNK);
    store<u8>(flags + chunk, load<u8>(flags + chunk) & ~CHANGED);
  }
  changed = false;
}

export function nvRollBack(): void {
  if (!changed) return;
  for (let chunk: u32 = 0; chunk < CHUNKS; chunk++) {
    if (!(load<u8>(flags + chunk) & CHANGED)) continue;
    memory.copy(nvStore + chunk * NV_CHUNK, nvShadow + chunk * NV_CHUNK, NV_CHUNK);
    store<u8>(flags + chunk, 0);
  }
  used = shadowUsed;
  changed = false;
  found = 0;
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
  memory.fill(flags, 0, CHUNKS);
  used = size;
  shadowUsed = size;
  changed = false;
  found = 0;
}

/** Notes a change of the bytes from `from` to `to`. */
function markChanged(from: usize, to: usize): void {
  changed = true;
  const end = (to - nvStore + NV_CHUNK - 1) as u32 / NV_CHUNK;
  for (let chunk = (from - nvStore) as u32 / NV_CHUNK; chunk < end; chunk++) store<u8>(flags + chunk, CHANGED);
}

// --- what was hashed -------------------------------------------------------------------------------------------

/** The chunk at `offset`, a multiple of NV_CHUNK, is as it was when nvHashed() was called for it. */
export function isNvHashed(offset: u32): bool {
  return (load<u8>(flags + offset / NV_CHUNK) & HASHED) != 0;
}

/** No digest holds any more. */
export function nvForgetHashed(): void {
  for (let chunk: u32 = 0; chunk < CHUNKS; chunk++) store<u8>(flags + chunk, load<u8>(flags + chunk) & ~HASHED);
}

/** Its digest is known, up to nvUsed(): until the chunk changes. */
export function nvHashed(offset: u32): void {
  const flag = flags + offset / NV_CHUNK;
  store<u8>(flag, load<u8>(flag) | HASHED);
}

// --- entries ---------------------------------------------------------------------------------------------------

/** The entry that was found last, 0 for none: a command asks for the same one again and again. */
let found: usize = 0;

/** Address of the entry of a handle; 0 when it has none. */
export function nvFind(handle: u32): usize {
  if (found != 0 && entryHandle(found) == handle) return found;
  const entry = nvFirst(handle);
  if (entry == 0 || entryHandle(entry) != handle) return 0;
  found = entry;
  return entry;
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

/** Call for each entry whose content is written to. */
export function nvChange(entry: usize): void {
  markChanged(entry, nextEntry(entry));
}

/** Adds an entry for a handle that has none, where nvFree() has room for ENTRY_HEADER and `size`. Its zeroed content. */
export function nvAdd(handle: u32, size: u32): usize {
  if (ENTRY_HEADER + size > nvFree()) unreachable();
  const end = nvStore + used;
  const at = firstEntry(nvStore, end, handle);
  insertEntry(at, end, handle, size);
  used += ENTRY_HEADER + size;
  markChanged(at, nvStore + used);
  found = 0;
  return entryContent(at);
}

/** Removes an entry, and every trace of it. */
export function nvRemove(entry: usize): void {
  const end = nvStore + used;
  used = (removeEntry(entry, end) - nvStore) as u32;
  markChanged(entry, end);
  found = 0;
}
