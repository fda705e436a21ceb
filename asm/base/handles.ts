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

// TPM_HT
export const HT_PCR: u32 = 0x00;
export const HT_NV_INDEX: u32 = 0x01;
export const HT_HMAC_SESSION: u32 = 0x02;
export const HT_POLICY_SESSION: u32 = 0x03;
export const HT_PERMANENT: u32 = 0x40;
export const HT_TRANSIENT: u32 = 0x80;
export const HT_PERSISTENT: u32 = 0x81;
export const HT_AC: u32 = 0x90;

/** TPM_RH_UNASSIGNED: no entity is associated with a session. */
export const UNASSIGNED: u32 = TPM_RH_UNASSIGNED;

export function handleType(handle: u32): u32 {
  return handle >> 24;
}
