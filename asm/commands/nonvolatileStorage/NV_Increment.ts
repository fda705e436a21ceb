// [TPM2.0 1.59] 31.8 TPM2_NV_Increment
import { TPM_NT_COUNTER, TPM_RC_ATTRIBUTES, TPM_RC_SUCCESS } from "../../generated/constants";
import { NV_Increment as parameters } from "../../generated/parameters";
import { REFUSAL_NV_NOT_COUNTER } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { incrementIndex, indexAttributes, indexOf, nvType, writeAccess } from "../../tpm/nv/index";

export function NV_Increment(): u32 {
  const rc = writeAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  if (nvType(attributes) != TPM_NT_COUNTER)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NOT_COUNTER, parameters.nvIndex, attributes), parameters.RC_nvIndex);

  incrementIndex(index);
  return TPM_RC_SUCCESS;
}
