// [TPM2.0 1.59] 12.4 TPM2_ReadPublic
import { TPM_RC_SEQUENCE, TPM_RC_SUCCESS } from "../../generated/constants";
import { ReadPublic as parameters } from "../../generated/parameters";
import { REFUSAL_OBJECT_IS_SEQUENCE } from "../../generated/refusals";
import { copyWire2B, refuse } from "../../base/index";
import { isSequence, OBJECT_NAME, OBJECT_PUBLIC, objectOf, QUALIFIED_NAME } from "../../tpm/objects/index";

export function ReadPublic(): u32 {
  const object = objectOf(parameters.objectHandle);
  if (isSequence(object)) return refuse(TPM_RC_SEQUENCE, REFUSAL_OBJECT_IS_SEQUENCE, parameters.objectHandle);

  copyWire2B(object + OBJECT_PUBLIC);
  copyWire2B(object + OBJECT_NAME);
  copyWire2B(object + QUALIFIED_NAME);
  return TPM_RC_SUCCESS;
}
