// [TPM2.0 1.59] 12.7 TPM2_Unseal
import {
  TPM_ALG_KEYEDHASH,
  TPM_RC_ATTRIBUTES,
  TPM_RC_SUCCESS,
  TPM_RC_TYPE,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_RESTRICTED,
  TPMA_OBJECT_SIGN,
} from "../../generated/constants";
import { Unseal as parameters } from "../../generated/parameters";
import { copyWire2B, rcAbout } from "../../base/index";
import { attributesOf, isSequence, OBJECT_SENSITIVE, objectOf, publicOf, typeOf } from "../../tpm/objects/index";

export function Unseal(): u32 {
  const object = objectOf(parameters.itemHandle);
  const area = publicOf(object);
  if (isSequence(object) || typeOf(area) != TPM_ALG_KEYEDHASH) return rcAbout(TPM_RC_TYPE, parameters.RC_itemHandle);
  if (attributesOf(area) & (TPMA_OBJECT_DECRYPT | TPMA_OBJECT_SIGN | TPMA_OBJECT_RESTRICTED))
    return rcAbout(TPM_RC_ATTRIBUTES, parameters.RC_itemHandle);

  copyWire2B(object + OBJECT_SENSITIVE);
  return TPM_RC_SUCCESS;
}
