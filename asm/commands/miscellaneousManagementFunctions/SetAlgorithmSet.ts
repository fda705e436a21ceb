// [TPM2.0 1.59] 26.3 TPM2_SetAlgorithmSet
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { SetAlgorithmSet as parameters } from "../../generated/parameters";
import { ALGORITHM_SET, ALGORITHM_SET_CHANGED, nullifyShutdown, permanentChange } from "../../tpm/state/index";

/** The number is kept and reported; all algorithms stay. The next TPM2_Startup must be a TPM Reset. */
export function SetAlgorithmSet(): u32 {
  permanentChange();
  nullifyShutdown();
  store<u8>(ALGORITHM_SET_CHANGED, 1);
  store<u32>(ALGORITHM_SET, parameters.algorithmSet);
  return TPM_RC_SUCCESS;
}
