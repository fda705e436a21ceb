// [TPM2.0 1.59] 33.2 TPM2_ACT_SetTimeout
import { ACT_STOP, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { ACT_SetTimeout as parameters } from "../../generated/parameters";
import { REFUSAL_ACT_NOT_SIGNALED } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { actIsSignaled, actOf, setActTimeout } from "../../tpm/platform/index";
import { nullifyShutdown } from "../../tpm/state/index";

export function ACT_SetTimeout(): u32 {
  const act: u32 = actOf(parameters.actHandle);
  const timeout = parameters.startTimeout;
  // Only a signal can be taken back.
  if (timeout == ACT_STOP && !actIsSignaled(act))
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_ACT_NOT_SIGNALED), parameters.RC_startTimeout);

  nullifyShutdown();
  setActTimeout(act, timeout);
  return TPM_RC_SUCCESS;
}
