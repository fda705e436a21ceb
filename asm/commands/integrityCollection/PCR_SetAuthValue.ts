// [TPM2.0 1.59] 22.7 TPM2_PCR_SetAuthValue
import { TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PCR_SetAuthValue as parameters } from "../../generated/parameters";
import { REFUSAL_PCR_NO_AUTH } from "../../generated/refusals";
import { copy2B, refuse, removeTrailingZeros } from "../../base/index";
import { clearAuth, isInAuthGroup } from "../../tpm/platform/index";
import { nullifyShutdown, PCR_AUTH } from "../../tpm/state/index";

export function PCR_SetAuthValue(): u32 {
  if (!isInAuthGroup(parameters.pcrHandle))
    return refuse(TPM_RC_VALUE, REFUSAL_PCR_NO_AUTH, parameters.pcrHandle);

  nullifyShutdown();
  removeTrailingZeros(parameters.auth);
  clearAuth(PCR_AUTH);
  copy2B(PCR_AUTH, parameters.auth);
  return TPM_RC_SUCCESS;
}
