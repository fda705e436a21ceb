// [TPM2.0 1.59] 32.3 TPM2_AC_Send
import { TPM_AE_NONE, TPM_AT_ERROR, TPM_RC_ATTRIBUTES, TPM_RC_HANDLE, TPM_RC_SUCCESS } from "../../generated/constants";
import { AC_Send as parameters } from "../../generated/parameters";
import { handleType, HT_PERMANENT, rcHandle, writeU32 } from "../../base/index";
import { isIndexDefined, writeAccess } from "../../tpm/nv/index";
import {
  attributesOf,
  ENCRYPTED_DUPLICATION,
  FIXED_PARENT,
  FIXED_TPM,
  objectOf,
  publicOf,
} from "../../tpm/objects/index";
import { nvAliasOf } from "../../tpm/platform/index";

/** The sample component takes the object and has nothing to say about it. */
export function AC_Send(): u32 {
  const alias = nvAliasOf(parameters.ac);
  if (isIndexDefined(alias)) {
    const rc = writeAccess(parameters.authHandle, alias);
    if (rc != TPM_RC_SUCCESS) return rc;
  } else if (handleType(parameters.authHandle) != HT_PERMANENT) {
    return rcHandle(TPM_RC_HANDLE, 2);
  }
  const attributes = attributesOf(publicOf(objectOf(parameters.sendObject)));
  if (attributes & (ENCRYPTED_DUPLICATION | FIXED_PARENT | FIXED_TPM)) return rcHandle(TPM_RC_ATTRIBUTES, 1);

  writeU32(TPM_AT_ERROR);
  writeU32(TPM_AE_NONE);
  return TPM_RC_SUCCESS;
}
