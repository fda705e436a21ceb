import type { Tpm } from "../../engine/api.ts";

/** TPM_RH_ACT_0 to TPM_RH_ACT_F: Part 2, 7.4. */
const [FIRST, LAST] = [0x40000110, 0x4000011f];

/** Whether an authenticated countdown timer has run out; false for one that the TPM does not have. */
export function isActSignaled(tpm: Tpm, handle: number): boolean {
  if (handle < FIRST || handle > LAST) return false;
  return ((tpm.state().signaledActs >>> (handle - FIRST)) & 1) === 1;
}
