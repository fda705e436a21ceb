// Attached Components (Part 3, 32): one sample, as in the TCG reference code. It has one property, takes every object
// and keeps none.
import { AC_FIRST, NV_AC_FIRST, TPM_AT_PV1 } from "../../generated/constants";

const COMPONENT: u32 = AC_FIRST + 1;

export function componentExists(handle: u32): bool {
  return handle == COMPONENT;
}

/** The NV Index that, where it is defined, says who may send to this component: its NV Alias (Part 3, 32.3). */
export function nvAliasOf(handle: u32): u32 {
  return handle - AC_FIRST + NV_AC_FIRST;
}

/** TPM_AT and value of its only capability. */
export const COMPONENT_TAG: u32 = TPM_AT_PV1;
export const COMPONENT_VALUE: u32 = 0x01234567;
