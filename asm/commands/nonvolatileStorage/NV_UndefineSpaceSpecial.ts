// [TPM2.0 1.59] 31.5 TPM2_NV_UndefineSpaceSpecial
import { TPM_RC_ATTRIBUTES, TPM_RC_SUCCESS, TPM_RH_NULL, TPMA_NV_POLICY_DELETE } from "../../generated/constants";
import { NV_UndefineSpaceSpecial as parameters } from "../../generated/parameters";
import { REFUSAL_NV_NOT_SPECIAL } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { dissociate } from "../../tpm/authorization/index";
import { indexAttributes, indexOf, removeIndex } from "../../tpm/nv/index";

export function NV_UndefineSpaceSpecial(): u32 {
  const index = indexOf(parameters.nvIndex);
  if (!(indexAttributes(index) & TPMA_NV_POLICY_DELETE))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NOT_SPECIAL, parameters.nvIndex), parameters.RC_nvIndex);

  removeIndex(index);
  dissociate(parameters.nvIndex, TPM_RH_NULL);
  return TPM_RC_SUCCESS;
}
