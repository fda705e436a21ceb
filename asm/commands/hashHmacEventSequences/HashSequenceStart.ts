// [TPM2.0 1.59] 17.4 TPM2_HashSequenceStart
import { TPM_ALG_NULL, TPM_RC_OBJECT_MEMORY, TPM_RC_SUCCESS, TPM_RH_NULL } from "../../generated/constants";
import { HashSequenceStart as parameters } from "../../generated/parameters";
import { copy2B, removeTrailingZeros } from "../../tpm/bytes";
import { hashStart } from "../../tpm/digest";
import { bankAlgorithm } from "../../tpm/hash";
import { writeResponseHandle } from "../../tpm/header";
import {
  IS_EVENT_SEQUENCE,
  IS_HASH_SEQUENCE,
  OBJECT_AUTH,
  OBJECT_HIERARCHY,
  objectOf,
  SEQUENCE_HASH,
  sequenceState,
  takeObjectSlot,
} from "../../tpm/object";
import { BANK_COUNT } from "../../tpm/state";

/** With a hash algorithm a hash sequence, with TPM_ALG_NULL an event sequence: a hash for each bank. */
export function HashSequenceStart(): u32 {
  const isEvent = parameters.hashAlg == TPM_ALG_NULL;
  const handle = takeObjectSlot(isEvent ? IS_EVENT_SEQUENCE : IS_HASH_SEQUENCE);
  if (handle == 0) return TPM_RC_OBJECT_MEMORY;
  const object = objectOf(handle);
  removeTrailingZeros(parameters.auth);
  copy2B(object + OBJECT_AUTH, parameters.auth);
  store<u32>(object, TPM_RH_NULL, OBJECT_HIERARCHY);
  store<u16>(object, parameters.hashAlg, SEQUENCE_HASH);
  if (isEvent) {
    for (let bank: u32 = 0; bank < BANK_COUNT; bank++) hashStart(bankAlgorithm(bank), sequenceState(object, bank));
  } else {
    hashStart(parameters.hashAlg, sequenceState(object, 0));
  }
  writeResponseHandle(handle);
  return TPM_RC_SUCCESS;
}
