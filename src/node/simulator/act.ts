import type { Tpm } from "../../engine/api.ts";
import { TPM_RH } from "../../spec/handles.ts";

const { TPM_RH_ACT_0, TPM_RH_ACT_F } = TPM_RH;

/** Whether an authenticated countdown timer has run out; false for one that the TPM does not have. */
export function isActSignaled(tpm: Tpm, handle: number): boolean {
  if (handle < TPM_RH_ACT_0 || handle > TPM_RH_ACT_F) return false;
  return ((tpm.state().signaledActs >>> (handle - TPM_RH_ACT_0)) & 1) === 1;
}
