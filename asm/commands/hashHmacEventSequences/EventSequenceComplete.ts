// [TPM2.0 1.59] 17.7 TPM2_EventSequenceComplete
import { TPM_RC_LOCALITY, TPM_RC_MODE, TPM_RC_SUCCESS, TPM_RH_NULL } from "../../generated/constants";
import { EventSequenceComplete as parameters } from "../../generated/parameters";
import { REFUSAL_PCR_LOCALITY_EXTEND, REFUSAL_SEQUENCE_NOT } from "../../generated/refusals";
import { commandLocality, rcAbout, refuse, reserve, writeU16, writeU32 } from "../../base/index";
import { bankAlgorithm, bankDigestSize, hashFinal } from "../../tpm/algorithms/index";
import { flushAtEnd, hasObjectAttribute, IS_EVENT_SEQUENCE, objectOf, sequenceState } from "../../tpm/objects/index";
import { extend, isSaved, mayExtend } from "../../tpm/platform/index";
import { BANK_COUNT, nullifyShutdown } from "../../tpm/state/index";
import { addToSequence } from "./sequence";

export function EventSequenceComplete(): u32 {
  const pcr = parameters.pcrHandle;
  const object = objectOf(parameters.sequenceHandle);
  if (!hasObjectAttribute(object, IS_EVENT_SEQUENCE))
    return rcAbout(refuse(TPM_RC_MODE, REFUSAL_SEQUENCE_NOT, parameters.sequenceHandle), parameters.RC_sequenceHandle);
  if (pcr != TPM_RH_NULL && !mayExtend(pcr))
    return refuse(TPM_RC_LOCALITY, REFUSAL_PCR_LOCALITY_EXTEND, pcr, commandLocality);

  if (pcr != TPM_RH_NULL && isSaved(pcr)) nullifyShutdown();
  addToSequence(object, parameters.buffer);
  writeU32(BANK_COUNT);
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) {
    writeU16(bankAlgorithm(bank));
    const digest = reserve(bankDigestSize(bank));
    hashFinal(sequenceState(object, bank), digest);
    if (pcr != TPM_RH_NULL) extend(bank, pcr, digest, bankDigestSize(bank));
  }
  flushAtEnd(parameters.sequenceHandle);
  return TPM_RC_SUCCESS;
}
