// Handles: their types (Part 2, 7.2), and the handle area of the command in execution, up to three in its order.
import { TPM_RH_UNASSIGNED } from "../generated/constants";
import { MAX_HANDLE_NUM } from "./limits";

const area: usize = memory.data(12);

/** Called by the generated unmarshalling of the handle area. */
export function setHandle(index: u32, value: u32): void {
  if (index < MAX_HANDLE_NUM) store<u32>(area + (index << 2), value);
}

export function handleAt(index: u32): u32 {
  return index < MAX_HANDLE_NUM ? load<u32>(area + (index << 2)) : 0;
}

export function handleType(handle: u32): u32 {
  return handle >> 24;
}
