// Room in the non-volatile store. Persistent objects and NV counters each have some that nothing else can take: a TPM
// has room for MIN_EVICT_OBJECTS and MIN_COUNTER_INDICES whatever else is defined.
import { TPM_HT_NV_INDEX, TPM_HT_PERSISTENT, TPM_NT_COUNTER } from "../../generated/constants";
import { MAX_DIGEST_SIZE, MIN_COUNTER_INDICES, MIN_EVICT_OBJECTS, NV_PUBLIC_ROOM } from "../../base/index";
import { ENTRY_HEADER, entryContent, entryHandle, nvCount, nvFirst, nvFree, nvNext } from "../state/index";
import { orderlyAvailable } from "./nvOrderly";
import { nvType, publicAttributes } from "./nvPublic";

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

function orNone(entry: usize): usize {
  return entry != 0 && entryHandle(entry) >> 24 == TPM_HT_NV_INDEX ? entry : 0;
}

/** The first index whose handle is not below `handle`; 0 when there is none. */
export function firstIndex(handle: u32): usize {
  return orNone(nvFirst(handle));
}

/** The index after this one, in the order of handles; 0 after the last. */
export function nextIndex(index: usize): usize {
  return orNone(nvNext(index));
}

/** TPM_PT_NV_COUNTERS */
export function counterCount(): u32 {
  let count: u32 = 0;
  for (let index = firstIndex(0); index != 0; index = nextIndex(index)) {
    if (nvType(publicAttributes(entryContent(index))) == TPM_NT_COUNTER) count++;
  }
  return count;
}
