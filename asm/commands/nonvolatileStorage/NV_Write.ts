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
import { bytesOf2B, rcAbout, sizeOf2B } from "../../base/index";
import { indexAttributes, indexDataSize, indexOf, nvType, writeAccess, writeIndex } from "../../tpm/nv/index";

export function NV_Write(): u32 {
  const rc = writeAccess(parameters.authHandle, parameters.nvIndex);
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  const type = nvType(attributes);
  if (type == TPM_NT_COUNTER || type == TPM_NT_BITS || type == TPM_NT_EXTEND) return TPM_RC_ATTRIBUTES;
  const size = sizeOf2B(parameters.data);
  const room = indexDataSize(index);
  const offset: u32 = parameters.offset;
  if (offset > room) return rcAbout(TPM_RC_VALUE, parameters.RC_offset);
  if (size > room - offset) return TPM_RC_NV_RANGE;
  if (attributes & TPMA_NV_WRITEALL && size < room) return TPM_RC_NV_RANGE;

  writeIndex(index, offset, bytesOf2B(parameters.data), size);
  return TPM_RC_SUCCESS;
}
