// Attached Components (Part 3, 32): one sample, as in the TCG reference code. It has one property, takes every object
// and keeps none.
import { TPM_AT_PV1 } from "../generated/constants";

const COMPONENT: u32 = 0x90000001;

export function componentExists(handle: u32): bool {
  return handle == COMPONENT;
}

/** TPM_AT and value of its only capability. */
export const COMPONENT_TAG: u32 = TPM_AT_PV1;
export const COMPONENT_VALUE: u32 = 0x01234567;
