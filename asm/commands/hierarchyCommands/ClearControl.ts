// [TPM2.0 1.59] 24.7 TPM2_ClearControl
import { TPM_RC_AUTH_FAIL, TPM_RC_SUCCESS, TPM_RH_LOCKOUT } from "../../generated/constants";
import { ClearControl as parameters } from "../../generated/parameters";
import { REFUSAL_CLEAR_BY_LOCKOUT } from "../../generated/refusals";
import { refuse } from "../../base/index";
import { DISABLE_CLEAR, permanentChange } from "../../tpm/state/index";

export function ClearControl(): u32 {
  // lockoutAuth may disable TPM2_Clear, but only platformAuth may enable it again.
  if (parameters.auth == TPM_RH_LOCKOUT && !parameters.disable)
    return refuse(TPM_RC_AUTH_FAIL, REFUSAL_CLEAR_BY_LOCKOUT);

  permanentChange();
  store<u8>(DISABLE_CLEAR, parameters.disable);
  return TPM_RC_SUCCESS;
}
