// [TPM2.0 1.59] 24.3 TPM2_SetPrimaryPolicy
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RH_PLATFORM } from "../../generated/constants";
import { SetPrimaryPolicy as parameters } from "../../generated/parameters";
import { actOf } from "../../tpm/platform/act";
import { sizeOf2B } from "../../base/bytes";
import { permanentChange } from "../../tpm/state/commit";
import { policyOf } from "../../tpm/authorization/entity";
import { digestSizeOf } from "../../tpm/algorithms/hash";
import { setPolicy } from "../../tpm/platform/hierarchy";
import { nullifyShutdown } from "../../tpm/state/orderly";
import { rcParameter } from "../../base/responseCode";

/** An empty policy goes with TPM_ALG_NULL, whose digest size is 0. */
export function SetPrimaryPolicy(): u32 {
  if (sizeOf2B(parameters.authPolicy) != digestSizeOf(parameters.hashAlg)) return rcParameter(TPM_RC_SIZE, 1);

  // The platform's and those of timers are state clear data; the others are permanent.
  if (parameters.authHandle == TPM_RH_PLATFORM || actOf(parameters.authHandle) >= 0) nullifyShutdown();
  else permanentChange();
  setPolicy(policyOf(parameters.authHandle), parameters.hashAlg, parameters.authPolicy);
  return TPM_RC_SUCCESS;
}
