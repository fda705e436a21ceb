// [TPM2.0 1.59] 24.3 TPM2_SetPrimaryPolicy
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RH_PLATFORM } from "../../generated/constants";
import { SetPrimaryPolicy as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_AUTH_SIZE } from "../../generated/refusals";
import { rcAbout, refuse, sizeOf2B } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import { policyOf } from "../../tpm/authorization/index";
import { actOf, setPolicy } from "../../tpm/platform/index";
import { nullifyShutdown, permanentChange } from "../../tpm/state/index";

/** An empty policy goes with TPM_ALG_NULL, whose digest size is 0. */
export function SetPrimaryPolicy(): u32 {
  const size = sizeOf2B(parameters.authPolicy);
  const wanted = digestSizeOf(parameters.hashAlg);
  if (size != wanted) {
    const refused = refuse(TPM_RC_SIZE, REFUSAL_POLICY_AUTH_SIZE, size, wanted, parameters.hashAlg);
    return rcAbout(refused, parameters.RC_authPolicy);
  }

  // The platform's and those of timers are state clear data; the others are permanent.
  if (parameters.authHandle == TPM_RH_PLATFORM || actOf(parameters.authHandle) >= 0) nullifyShutdown();
  else permanentChange();
  setPolicy(policyOf(parameters.authHandle), parameters.hashAlg, parameters.authPolicy);
  return TPM_RC_SUCCESS;
}
