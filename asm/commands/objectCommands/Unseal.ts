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
import { REFUSAL_UNSEAL_ATTRIBUTES, REFUSAL_UNSEAL_TYPE } from "../../generated/refusals";
import { copyWire2B, rcAbout, refuse } from "../../base/index";
import { attributesOf, isSequence, OBJECT_SENSITIVE, objectOf, publicOf, typeOf } from "../../tpm/objects/index";

export function Unseal(): u32 {
  const object = objectOf(parameters.itemHandle);
  const area = publicOf(object);
  if (isSequence(object) || typeOf(area) != TPM_ALG_KEYEDHASH)
    return rcAbout(refuse(TPM_RC_TYPE, REFUSAL_UNSEAL_TYPE, parameters.itemHandle), parameters.RC_itemHandle);
  if (attributesOf(area) & (TPMA_OBJECT_DECRYPT | TPMA_OBJECT_SIGN | TPMA_OBJECT_RESTRICTED))
    return rcAbout(
      refuse(TPM_RC_ATTRIBUTES, REFUSAL_UNSEAL_ATTRIBUTES, parameters.itemHandle, attributesOf(area)),
      parameters.RC_itemHandle,
    );

  copyWire2B(object + OBJECT_SENSITIVE);
  return TPM_RC_SUCCESS;
}
