// [TPM2.0 1.59] 17.4 TPM2_HashSequenceStart
import { TPM_ALG_NULL, TPM_RC_OBJECT_MEMORY, TPM_RC_SUCCESS } from "../../generated/constants";
import { HashSequenceStart as parameters } from "../../generated/parameters";
import { writeResponseHandle } from "../../base/index";
import { bankAlgorithm, hashStart } from "../../tpm/algorithms/index";
import { IS_EVENT_SEQUENCE, IS_HASH_SEQUENCE, objectOf, refuseSlots, sequenceState } from "../../tpm/objects/index";
import { BANK_COUNT } from "../../tpm/state/index";
import { takeSequence } from "./sequence";

/** With a hash algorithm a hash sequence, with TPM_ALG_NULL an event sequence: a hash for each bank. */
export function HashSequenceStart(): u32 {
  const isEvent = parameters.hashAlg == TPM_ALG_NULL;
  const kind = isEvent ? IS_EVENT_SEQUENCE : IS_HASH_SEQUENCE;
  const handle = takeSequence(kind, parameters.hashAlg, parameters.auth);
  if (handle == 0) return refuseSlots();
  const object = objectOf(handle);
  if (isEvent) {
    for (let bank: u32 = 0; bank < BANK_COUNT; bank++) hashStart(bankAlgorithm(bank), sequenceState(object, bank));
  } else {
    hashStart(parameters.hashAlg, sequenceState(object, 0));
  }
  writeResponseHandle(handle);
  return TPM_RC_SUCCESS;
}
