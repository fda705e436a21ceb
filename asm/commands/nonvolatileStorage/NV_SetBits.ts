// [TPM2.0 1.59] 31.10 TPM2_NV_SetBits
import { TPM_NT_BITS, TPM_RC_ATTRIBUTES, TPM_RC_SUCCESS } from "../../generated/constants";
import { NV_SetBits as parameters } from "../../generated/parameters";
import { REFUSAL_NV_NOT_BITS } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { indexAttributes, indexNumber, indexOf, nvType, writeAccess, writeIndexNumber } from "../../tpm/nv/index";

export function NV_SetBits(): u32 {
  const rc = writeAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  if (nvType(attributes) != TPM_NT_BITS)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NOT_BITS, parameters.nvIndex, attributes), parameters.RC_nvIndex);

  writeIndexNumber(index, indexNumber(index) | parameters.bits);
  return TPM_RC_SUCCESS;
}
