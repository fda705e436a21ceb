// [TPM2.0 1.59] 31.4 TPM2_NV_UndefineSpace
import {
  TPM_RC_ATTRIBUTES,
  TPM_RC_NV_AUTHORIZATION,
  TPM_RC_SUCCESS,
  TPM_RH_OWNER,
  TPMA_NV_PLATFORMCREATE,
  TPMA_NV_POLICY_DELETE,
} from "../../generated/constants";
import { NV_UndefineSpace as parameters } from "../../generated/parameters";
import { REFUSAL_NV_NEEDS_SPECIAL, REFUSAL_NV_OF_PLATFORM } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { indexAttributes, indexOf, removeIndex } from "../../tpm/nv/index";

export function NV_UndefineSpace(): u32 {
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  if (attributes & TPMA_NV_POLICY_DELETE)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NEEDS_SPECIAL, parameters.nvIndex), parameters.RC_nvIndex);
  if (parameters.authHandle == TPM_RH_OWNER && attributes & TPMA_NV_PLATFORMCREATE)
    return refuse(TPM_RC_NV_AUTHORIZATION, REFUSAL_NV_OF_PLATFORM, parameters.nvIndex);

  removeIndex(index);
  return TPM_RC_SUCCESS;
}
