// [TPM2.0 1.59] 31.11 TPM2_NV_WriteLock
import {
  TPM_RC_ATTRIBUTES,
  TPM_RC_NV_LOCKED,
  TPM_RC_SUCCESS,
  TPMA_NV_WRITE_STCLEAR,
  TPMA_NV_WRITEDEFINE,
  TPMA_NV_WRITELOCKED,
} from "../../generated/constants";
import { NV_WriteLock as parameters } from "../../generated/parameters";
import { REFUSAL_NV_NO_WRITE_LOCK } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { indexAttributes, indexOf, setIndexAttributes, writeAccess } from "../../tpm/nv/index";

export function NV_WriteLock(): u32 {
  const rc = writeAccess(parameters.authHandle, parameters.nvIndex);
  if (rc == TPM_RC_NV_LOCKED) return TPM_RC_SUCCESS;
  if (rc != TPM_RC_SUCCESS) return rc;
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  if (!(attributes & (TPMA_NV_WRITEDEFINE | TPMA_NV_WRITE_STCLEAR))) {
    const refused = refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NO_WRITE_LOCK, parameters.nvIndex, attributes);
    return rcAbout(refused, parameters.RC_nvIndex);
  }

  setIndexAttributes(index, attributes | TPMA_NV_WRITELOCKED);
  return TPM_RC_SUCCESS;
}
