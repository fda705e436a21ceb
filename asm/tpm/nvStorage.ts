// The non-volatile store of NV Indices and persistent objects: one contiguous run of entries in canonical form, part of
// the blob. It lies outside STATE because it is large and changes rarely: its shadow is copied only when it changed.

/** Room for all NV Indices and persistent objects together. */
export const NV_STORE_SIZE: u32 = 192 * 1024;

export const nvStore: usize = memory.data(196608, 16);
const nvShadow: usize = memory.data(196608, 16);

let used: u32 = 0;
let shadowUsed: u32 = 0;
let changed: bool = false;

/** Bytes of {@link nvStore} in use. */
export function nvUsed(): u32 {
  return used;
}

/** After permanentChange() and before the first write: the shadow still holds what the store's blob has. */
export function nvChange(newUsed: u32): void {
  changed = true;
  used = newUsed;
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

/** Takes the content of a blob that was just checked, or (size 0) of a new TPM. */
export function nvLoad(from: usize, size: u32): void {
  memory.fill(nvStore, 0, NV_STORE_SIZE);
  memory.copy(nvStore, from, size);
  memory.copy(nvShadow, nvStore, NV_STORE_SIZE);
  used = size;
  shadowUsed = size;
  changed = false;
}

/** Room that a persistent object and an NV counter take at most. */
const PERSISTENT_OBJECT_SIZE: u32 = 2048;
const COUNTER_SIZE: u32 = 192;

/** TPM_PT_HR_PERSISTENT_AVAIL: how many more persistent objects have room for sure. */
export function persistentAvailable(): u32 {
  return (NV_STORE_SIZE - used) / PERSISTENT_OBJECT_SIZE;
}

/** TPM_PT_NV_COUNTERS_AVAIL */
export function countersAvailable(): u32 {
  return (NV_STORE_SIZE - used) / COUNTER_SIZE;
}
