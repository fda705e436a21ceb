// [TPM2.0 1.59] 32.3 TPM2_AC_Send
import {
  TPM_AE_NONE,
  TPM_AT_ERROR,
  TPM_HT_PERMANENT,
  TPM_RC_ATTRIBUTES,
  TPM_RC_HANDLE,
  TPM_RC_SUCCESS,
  TPMA_OBJECT_ENCRYPTEDDUPLICATION,
  TPMA_OBJECT_FIXEDPARENT,
  TPMA_OBJECT_FIXEDTPM,
} from "../../generated/constants";
import { AC_Send as parameters } from "../../generated/parameters";
import { handleType, rcAbout, writeU32 } from "../../base/index";
import { isIndexDefined, writeAccess } from "../../tpm/nv/index";
import { attributesOf, objectOf, publicOf } from "../../tpm/objects/index";
import { nvAliasOf } from "../../tpm/platform/index";

/** The sample component takes the object and has nothing to say about it. */
export function AC_Send(): u32 {
  const alias = nvAliasOf(parameters.ac);
  if (isIndexDefined(alias)) {
    const rc = writeAccess(parameters.authHandle, alias);
    if (rc != TPM_RC_SUCCESS) return rc;
  } else if (handleType(parameters.authHandle) != TPM_HT_PERMANENT) {
    return rcAbout(TPM_RC_HANDLE, parameters.RC_authHandle);
  }
  const attributes = attributesOf(publicOf(objectOf(parameters.sendObject)));
  if (attributes & (TPMA_OBJECT_ENCRYPTEDDUPLICATION | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_FIXEDTPM))
    return rcAbout(TPM_RC_ATTRIBUTES, parameters.RC_sendObject);

  writeU32(TPM_AT_ERROR);
  writeU32(TPM_AE_NONE);
  return TPM_RC_SUCCESS;
}
