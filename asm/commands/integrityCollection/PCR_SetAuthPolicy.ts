// [TPM2.0 1.59] 22.6 TPM2_PCR_SetAuthPolicy
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PCR_SetAuthPolicy as parameters } from "../../generated/parameters";
import { sizeOf2B } from "../../base/bytes";
import { permanentChange } from "../../tpm/state/commit";
import { digestSizeOf } from "../../tpm/algorithms/hash";
import { setPolicy } from "../../tpm/platform/hierarchy";
import { isInAuthGroup } from "../../tpm/platform/pcr";
import { rcParameter } from "../../base/responseCode";
import { PCR_POLICY } from "../../tpm/state/state";

export function PCR_SetAuthPolicy(): u32 {
  if (sizeOf2B(parameters.authPolicy) != digestSizeOf(parameters.hashAlg)) return rcParameter(TPM_RC_SIZE, 1);
  if (!isInAuthGroup(parameters.pcrNum)) return rcParameter(TPM_RC_VALUE, 3);

  permanentChange();
  setPolicy(PCR_POLICY, parameters.hashAlg, parameters.authPolicy);
  return TPM_RC_SUCCESS;
}
