// [TPM2.0 1.59] 31.13 TPM2_NV_Read
import { TPM_RC_NV_RANGE, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { NV_Read as parameters } from "../../generated/parameters";
import { MAX_NV_BUFFER_SIZE, rcAbout, write2B } from "../../base/index";
import { indexData, indexDataSize, indexOf, readAccess } from "../../tpm/nv/index";

export function NV_Read(): u32 {
  const rc = readAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const room = indexDataSize(index);
  const size: u32 = parameters.size;
  const offset: u32 = parameters.offset;
  if (size > MAX_NV_BUFFER_SIZE) return rcAbout(TPM_RC_VALUE, parameters.RC_size);
  if (offset > room) return rcAbout(TPM_RC_VALUE, parameters.RC_offset);
  if (size > room - offset) return TPM_RC_NV_RANGE;

  write2B(indexData(index) + offset, size);
  return TPM_RC_SUCCESS;
}
