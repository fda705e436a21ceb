// [TPM2.0 1.59] 31.7 TPM2_NV_Write
import {
  TPM_NT_BITS,
  TPM_NT_COUNTER,
  TPM_NT_EXTEND,
  TPM_RC_ATTRIBUTES,
  TPM_RC_NV_RANGE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPMA_NV_WRITEALL,
} from "../../generated/constants";
import { NV_Write as parameters } from "../../generated/parameters";
import {
  REFUSAL_NV_NOT_WRITABLE,
  REFUSAL_NV_OFFSET,
  REFUSAL_NV_RANGE,
  REFUSAL_NV_WRITE_ALL,
} from "../../generated/refusals";
import { bytesOf2B, rcAbout, refuse, sizeOf2B } from "../../base/index";
import { indexAttributes, indexDataSize, indexOf, nvType, writeAccess, writeIndex } from "../../tpm/nv/index";

export function NV_Write(): u32 {
  const rc = writeAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  const type = nvType(attributes);
  if (type == TPM_NT_COUNTER || type == TPM_NT_BITS || type == TPM_NT_EXTEND)
    return refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NOT_WRITABLE, parameters.nvIndex, attributes);
  const size = sizeOf2B(parameters.data);
  const room = indexDataSize(index);
  const offset: u32 = parameters.offset;
  if (offset > room)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_NV_OFFSET, parameters.nvIndex, offset, room), parameters.RC_offset);
  if (size > room - offset)
    return refuse(TPM_RC_NV_RANGE, REFUSAL_NV_RANGE, parameters.nvIndex, offset, size, room);
  if (attributes & TPMA_NV_WRITEALL && size < room)
    return refuse(TPM_RC_NV_RANGE, REFUSAL_NV_WRITE_ALL, parameters.nvIndex, size, room);

  writeIndex(index, offset, bytesOf2B(parameters.data), size);
  return TPM_RC_SUCCESS;
}
