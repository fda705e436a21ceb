// [TPM2.0 1.59] 17.5 TPM2_SequenceUpdate
import { TPM_RC_MODE, TPM_RC_SUCCESS } from "../../generated/constants";
import { SequenceUpdate as parameters } from "../../generated/parameters";
import { REFUSAL_SEQUENCE_NOT } from "../../generated/refusals";
import { rcAbout, refuse } from "../../base/index";
import { hasObjectAttribute, IS_SEQUENCE, objectOf } from "../../tpm/objects/index";
import { addToSequence } from "./sequence";

export function SequenceUpdate(): u32 {
  const object = objectOf(parameters.sequenceHandle);
  if (!hasObjectAttribute(object, IS_SEQUENCE))
    return rcAbout(refuse(TPM_RC_MODE, REFUSAL_SEQUENCE_NOT, parameters.sequenceHandle), parameters.RC_sequenceHandle);

  addToSequence(object, parameters.buffer);
  return TPM_RC_SUCCESS;
}
