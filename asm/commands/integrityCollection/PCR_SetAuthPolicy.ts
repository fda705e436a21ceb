// [TPM2.0 1.59] 22.6 TPM2_PCR_SetAuthPolicy
import { TPM_RC_SIZE, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PCR_SetAuthPolicy as parameters } from "../../generated/parameters";
import { REFUSAL_PCR_NO_AUTH, REFUSAL_POLICY_AUTH_SIZE } from "../../generated/refusals";
import { rcAbout, refuse, sizeOf2B } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import { isInAuthGroup, setPolicy } from "../../tpm/platform/index";
import { PCR_POLICY, permanentChange } from "../../tpm/state/index";

export function PCR_SetAuthPolicy(): u32 {
  if (sizeOf2B(parameters.authPolicy) != digestSizeOf(parameters.hashAlg))
    return rcAbout(
      refuse(TPM_RC_SIZE, REFUSAL_POLICY_AUTH_SIZE, sizeOf2B(parameters.authPolicy), digestSizeOf(parameters.hashAlg), parameters.hashAlg),
      parameters.RC_authPolicy,
    );
  if (!isInAuthGroup(parameters.pcrNum))
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_PCR_NO_AUTH, parameters.pcrNum), parameters.RC_pcrNum);

  permanentChange();
  setPolicy(PCR_POLICY, parameters.hashAlg, parameters.authPolicy);
  return TPM_RC_SUCCESS;
}
