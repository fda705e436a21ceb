// Orderly NV Indices (TPMA_NV_ORDERLY): their data and changing attributes live in STATE, a run of entries in RAM. The
// copy that is permanent follows at TPM2_Shutdown, and when a counter would get too far ahead of it. The content of an
// entry is the UINT32 attributes and the data.
import { TPM_NT_COUNTER, TPMA_NV_WRITTEN } from "../../generated/constants";
import { ORDERLY_ATTRIBUTES, ORDERLY_HEADER } from "../../generated/layout/orderly";
import { get32, get64, MAX_ORDERLY_COUNT, put32, put64, RAM_INDEX_SPACE } from "../../base/index";
import {
  ENTRY_HEADER,
  entryContent,
  entryHandle,
  firstEntry,
  insertEntry,
  isShutdownOnRecord,
  nextEntry,
  ORDERLY,
  ORDERLY_RUN,
  ORDERLY_SIZE,
  ORDERLY_USED,
  removeEntry,
  SAVED_ORDERLY,
  SAVED_ORDERLY_RUN,
  SAVED_ORDERLY_USED,
} from "../state/index";
import { nvType } from "./nvPublic";

function runEnd(): usize {
  return ORDERLY_RUN + load<u32>(ORDERLY_USED);
}

function setRunEnd(end: usize): void {
  store<u32>(ORDERLY_USED, (end - ORDERLY_RUN) as u32);
}

function roomFor(dataSize: u32): u32 {
  return ENTRY_HEADER + ORDERLY_HEADER + dataSize;
}

/** How many more orderly indices with data of `dataSize` bytes have room. */
export function orderlyAvailable(dataSize: u32): u32 {
  return (RAM_INDEX_SPACE - load<u32>(ORDERLY_USED)) / roomFor(dataSize);
}

/** After permanentChange() and orderlyAvailable(). */
export function addOrderly(handle: u32, attributes: u32, dataSize: u32): void {
  const end = runEnd();
  const entry = firstEntry(ORDERLY_RUN, end, handle);
  insertEntry(entry, end, handle, ORDERLY_HEADER + dataSize);
  put32(entryContent(entry) + ORDERLY_ATTRIBUTES, attributes);
  setRunEnd(end + roomFor(dataSize));
  saveOrderly();
}

/** After permanentChange(). */
export function removeOrderly(handle: u32): void {
  const end = runEnd();
  setRunEnd(removeEntry(firstEntry(ORDERLY_RUN, end, handle), end));
  saveOrderly();
}

/** Before TPM2_Startup no orderly index is in RAM. */
export function isInRam(handle: u32): bool {
  const entry = firstEntry(ORDERLY_RUN, runEnd(), handle);
  return entry != runEnd() && entryHandle(entry) == handle;
}

/** Content of the entry of an orderly index, which is there. */
function orderlyOf(handle: u32): usize {
  const entry = firstEntry(ORDERLY_RUN, runEnd(), handle);
  if (entry == runEnd() || entryHandle(entry) != handle) unreachable();
  return entryContent(entry);
}

export function orderlyAttributes(handle: u32): u32 {
  return get32(orderlyOf(handle) + ORDERLY_ATTRIBUTES);
}

export function setOrderlyAttributes(handle: u32, attributes: u32): void {
  put32(orderlyOf(handle) + ORDERLY_ATTRIBUTES, attributes);
}

export function orderlyData(handle: u32): usize {
  return orderlyOf(handle) + ORDERLY_HEADER;
}

/** Makes what is in RAM permanent: after permanentChange(), which comes before the change in RAM. */
export function saveOrderly(): void {
  memory.copy(SAVED_ORDERLY, ORDERLY, ORDERLY_SIZE);
}

/** TPM2_Startup: RAM as it was last made permanent. */
export function restoreOrderly(): void {
  memory.copy(ORDERLY, SAVED_ORDERLY, ORDERLY_SIZE);
}

/** Of a counter that is orderly: the value that was last made permanent, 0 until it is written. */
export function savedCounter(handle: u32): u64 {
  const end = SAVED_ORDERLY_RUN + load<u32>(SAVED_ORDERLY_USED);
  const entry = firstEntry(SAVED_ORDERLY_RUN, end, handle);
  if (entry == end || entryHandle(entry) != handle) return 0;
  const content = entryContent(entry);
  return get32(content + ORDERLY_ATTRIBUTES) & TPMA_NV_WRITTEN ? get64(content + ORDERLY_HEADER) : 0;
}

/** The first orderly index; 0 when there is none. */
export function firstOrderly(): usize {
  return load<u32>(ORDERLY_USED) == 0 ? 0 : ORDERLY_RUN;
}

/** The orderly index after this one; 0 after the last. */
export function nextOrderly(entry: usize): usize {
  const next = nextEntry(entry);
  return next < runEnd() ? next : 0;
}

/** After a power loss, or a resume: the largest value that a counter can have had. */
export function advanceCounter(entry: usize): void {
  const count = entryContent(entry) + ORDERLY_HEADER;
  put64(count, get64(count) | MAX_ORDERLY_COUNT);
}

/**
 * After the volatile state was resumed: a counter may have counted on since that was saved, without a trace in the store,
 * and never shows less than it did. With a shutdown on record it has not.
 */
export function resumeOrderly(): void {
  if (isShutdownOnRecord()) return;
  for (let entry = firstOrderly(); entry != 0; entry = nextOrderly(entry)) {
    const attributes = orderlyAttributes(entryHandle(entry));
    if (nvType(attributes) == TPM_NT_COUNTER && attributes & TPMA_NV_WRITTEN) advanceCounter(entry);
  }
}
