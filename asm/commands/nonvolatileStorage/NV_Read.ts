// [TPM2.0 1.59] 31.13 TPM2_NV_Read
import { TPM_RC_NV_RANGE, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { NV_Read as parameters } from "../../generated/parameters";
import { REFUSAL_NV_OFFSET, REFUSAL_NV_PIECE, REFUSAL_NV_RANGE } from "../../generated/refusals";
import { MAX_NV_BUFFER_SIZE, rcAbout, refuse, write2B } from "../../base/index";
import { indexData, indexDataSize, indexOf, readAccess } from "../../tpm/nv/index";

export function NV_Read(): u32 {
  const rc = readAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const room = indexDataSize(index);
  const size: u32 = parameters.size;
  const offset: u32 = parameters.offset;
  if (size > MAX_NV_BUFFER_SIZE)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_NV_PIECE, size, MAX_NV_BUFFER_SIZE), parameters.RC_size);
  if (offset > room)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_NV_OFFSET, parameters.nvIndex, offset, room), parameters.RC_offset);
  if (size > room - offset)
    return refuse(TPM_RC_NV_RANGE, REFUSAL_NV_RANGE, parameters.nvIndex, offset, size, room);

  write2B(indexData(index) + offset, size);
  return TPM_RC_SUCCESS;
}
