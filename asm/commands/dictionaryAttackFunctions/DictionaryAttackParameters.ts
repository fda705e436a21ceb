// [TPM2.0 1.59] 25.3 TPM2_DictionaryAttackParameters
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { DictionaryAttackParameters as parameters } from "../../generated/parameters";
import { LOCKOUT_RECOVERY, MAX_TRIES, permanentChange, RECOVERY_TIME } from "../../tpm/state/index";

export function DictionaryAttackParameters(): u32 {
  permanentChange();
  store<u32>(MAX_TRIES, parameters.newMaxTries);
  store<u32>(RECOVERY_TIME, parameters.newRecoveryTime);
  store<u32>(LOCKOUT_RECOVERY, parameters.lockoutRecovery);
  return TPM_RC_SUCCESS;
}
