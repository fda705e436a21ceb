// [TPM2.0 1.59] 24.3 TPM2_SetPrimaryPolicy
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RH_PLATFORM } from "../../generated/constants";
import { SetPrimaryPolicy as parameters } from "../../generated/parameters";
import { rcAbout, sizeOf2B } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import { policyOf } from "../../tpm/authorization/index";
import { actOf, setPolicy } from "../../tpm/platform/index";
import { nullifyShutdown, permanentChange } from "../../tpm/state/index";

/** An empty policy goes with TPM_ALG_NULL, whose digest size is 0. */
export function SetPrimaryPolicy(): u32 {
  if (sizeOf2B(parameters.authPolicy) != digestSizeOf(parameters.hashAlg))
    return rcAbout(TPM_RC_SIZE, parameters.RC_authPolicy);

  // The platform's and those of timers are state clear data; the others are permanent.
  if (parameters.authHandle == TPM_RH_PLATFORM || actOf(parameters.authHandle) >= 0) nullifyShutdown();
  else permanentChange();
  setPolicy(policyOf(parameters.authHandle), parameters.hashAlg, parameters.authPolicy);
  return TPM_RC_SUCCESS;
}
