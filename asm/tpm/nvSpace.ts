// Room in the non-volatile store. Persistent objects and NV counters each have some that the other cannot take: a TPM
// has room for MIN_EVICT_OBJECTS and MIN_COUNTER_INDICES whatever else is defined.
import { TPM_HT_PERSISTENT } from "../generated/constants";
import { ENTRY_HEADER } from "./entries";
import { MAX_DIGEST_SIZE, MIN_COUNTER_INDICES, MIN_EVICT_OBJECTS } from "./limits";
import { nvCount, nvFree } from "./nvStorage";

/** What a persistent object takes at most. */
export const PERSISTENT_OBJECT_SIZE: u32 = 2048;

function reservedForObjects(): u32 {
  const have = nvCount(TPM_HT_PERSISTENT);
  return have < MIN_EVICT_OBJECTS ? (MIN_EVICT_OBJECTS - have) * PERSISTENT_OBJECT_SIZE : 0;
}

function fits(size: u32, reserved: u32): bool {
  const free = nvFree();
  return reserved <= free && ENTRY_HEADER + size <= free - reserved;
}

/** There is room for a persistent object whose entry has a content of `size` bytes. */
export function hasRoomForObject(size: u32): bool {
  return fits(size, 0);
}

/** TPM_PT_HR_PERSISTENT_AVAIL: how many more persistent objects have room for sure. */
export function persistentAvailable(): u32 {
  return nvFree() / PERSISTENT_OBJECT_SIZE;
}

/** TPM_PT_NV_COUNTERS_AVAIL */
export function countersAvailable(): u32 {
  return nvFree() / 192;
}
