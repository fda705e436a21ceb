// Room in the non-volatile store. Persistent objects and NV counters each have some that nothing else can take: a TPM
// has room for MIN_EVICT_OBJECTS and MIN_COUNTER_INDICES whatever else is defined.
import { TPM_HT_PERSISTENT } from "../../generated/constants";
import { ENTRY_HEADER } from "../state/entries";
import { MAX_DIGEST_SIZE, MIN_COUNTER_INDICES, MIN_EVICT_OBJECTS, NV_PUBLIC_ROOM } from "../../base/limits";
import { counterCount } from "./nvIndex";
import { orderlyAvailable } from "./nvOrderly";
import { nvCount, nvFree } from "../state/nvStorage";

/** What the entry of a persistent object takes at most. */
export const PERSISTENT_OBJECT_SIZE: u32 = 2048;
/** What the entry of a counter takes at most. */
const COUNTER_SIZE: u32 = ENTRY_HEADER + NV_PUBLIC_ROOM + 2 + MAX_DIGEST_SIZE + 8;

function reservedForObjects(): u32 {
  const have = nvCount(TPM_HT_PERSISTENT);
  return have < MIN_EVICT_OBJECTS ? (MIN_EVICT_OBJECTS - have) * PERSISTENT_OBJECT_SIZE : 0;
}

function reservedForCounters(): u32 {
  const have = counterCount();
  return have < MIN_COUNTER_INDICES ? (MIN_COUNTER_INDICES - have) * COUNTER_SIZE : 0;
}

function freeBut(reserved: u32): u32 {
  const free = nvFree();
  return reserved < free ? free - reserved : 0;
}

/** There is room for an NV Index whose entry has a content of `size` bytes. */
export function hasRoomForIndex(size: u32, isCounter: bool): bool {
  return ENTRY_HEADER + size <= freeBut(reservedForObjects() + (isCounter ? 0 : reservedForCounters()));
}

/** There is room for a persistent object whose entry has a content of `size` bytes. */
export function hasRoomForObject(size: u32): bool {
  return ENTRY_HEADER + size <= freeBut(reservedForCounters());
}

/** TPM_PT_HR_PERSISTENT_AVAIL: how many more persistent objects have room for sure. */
export function persistentAvailable(): u32 {
  return freeBut(reservedForCounters()) / PERSISTENT_OBJECT_SIZE;
}

/** TPM_PT_NV_COUNTERS_AVAIL: how many more counters have room for sure, orderly or not. */
export function countersAvailable(): u32 {
  return min(freeBut(reservedForObjects()) / COUNTER_SIZE, orderlyAvailable(8));
}
