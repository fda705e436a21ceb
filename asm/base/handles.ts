// The handle area of the command in execution: up to three handles, in the order of the command.
import { MAX_HANDLE_NUM } from "./limits";

const area: usize = memory.data(12);

/** Called by the generated unmarshalling of the handle area. */
export function setHandle(index: u32, value: u32): void {
  if (index < MAX_HANDLE_NUM) store<u32>(area + (index << 2), value);
}

export function handleAt(index: u32): u32 {
  return index < MAX_HANDLE_NUM ? load<u32>(area + (index << 2)) : 0;
}
