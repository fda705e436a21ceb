// [TPM2.0 1.59] 31.14 TPM2_NV_ReadLock
import {
  TPM_RC_ATTRIBUTES,
  TPM_RC_NV_AUTHORIZATION,
  TPM_RC_NV_LOCKED,
  TPM_RC_SUCCESS,
  TPMA_NV_READ_STCLEAR,
  TPMA_NV_READLOCKED,
} from "../../generated/constants";
import { NV_ReadLock as parameters } from "../../generated/parameters";
import { REFUSAL_NV_NO_READ_LOCK } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { indexAttributes, indexOf, readAccess, setIndexAttributes } from "../../tpm/nv/index";

export function NV_ReadLock(): u32 {
  // What was never written may be locked, too.
  const rc = readAccess(parameters.authHandle, parameters.nvIndex);
  if (rc == TPM_RC_NV_LOCKED) return TPM_RC_SUCCESS;
  if (rc == TPM_RC_NV_AUTHORIZATION) return rc;
  const index = indexOf(parameters.nvIndex);
  const attributes = indexAttributes(index);
  if (!(attributes & TPMA_NV_READ_STCLEAR)) {
    const refused = refuse(TPM_RC_ATTRIBUTES, REFUSAL_NV_NO_READ_LOCK, parameters.nvIndex, attributes);
    return rcAbout(refused, parameters.RC_nvIndex);
  }

  setIndexAttributes(index, attributes | TPMA_NV_READLOCKED);
  return TPM_RC_SUCCESS;
}
