// [TPM2.0 1.59] 25.2 TPM2_DictionaryAttackLockReset
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { FAILED_TRIES, permanentChange } from "../../tpm/state/index";

export function DictionaryAttackLockReset(): u32 {
  permanentChange();
  store<u32>(FAILED_TRIES, 0);
  return TPM_RC_SUCCESS;
}
