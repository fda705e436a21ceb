// [TPM2.0 1.59] 17.6 TPM2_SequenceComplete
import { TPM_RC_MODE, TPM_RC_SUCCESS, TPM_RH_NULL, TPM_ST_HASHCHECK } from "../../generated/constants";
import { SequenceComplete as parameters } from "../../generated/parameters";
import { REFUSAL_SEQUENCE_NOT } from "../../generated/refusals";
import { MAX_DIGEST_SIZE, rcAbout, refuse, scratchTake, write2B } from "../../base/index";
import { hashFinal } from "../../tpm/algorithms/index";
import {
  flushAtEnd,
  hasObjectAttribute,
  IS_HASH_SEQUENCE,
  IS_HMAC_SEQUENCE,
  IS_TICKET_SAFE,
  objectOf,
  SEQUENCE_HASH,
  sequenceState,
} from "../../tpm/objects/index";
import { hashCheckTicket, writeNullTicket, writeTicket } from "../../tpm/platform/index";
import { macFinal } from "../../tpm/signing/index";
import { addToSequence } from "./sequence";

export function SequenceComplete(): u32 {
  const object = objectOf(parameters.sequenceHandle);
  if (!hasObjectAttribute(object, IS_HASH_SEQUENCE | IS_HMAC_SEQUENCE))
    return rcAbout(refuse(TPM_RC_MODE, REFUSAL_SEQUENCE_NOT, parameters.sequenceHandle), parameters.RC_sequenceHandle);

  const algorithm: u32 = load<u16>(object, SEQUENCE_HASH);
  const isHash = hasObjectAttribute(object, IS_HASH_SEQUENCE);
  const result = scratchTake(MAX_DIGEST_SIZE);
  const state = sequenceState(object, 0);
  addToSequence(object, parameters.buffer);
  const size = isHash ? hashFinal(state, result) : macFinal(algorithm, state, result);
  write2B(result, size);
  const safe = isHash && hasObjectAttribute(object, IS_TICKET_SAFE);
  if (parameters.hierarchy != TPM_RH_NULL && safe)
    writeTicket(hashCheckTicket(parameters.hierarchy, algorithm, result, size));
  else writeNullTicket(TPM_ST_HASHCHECK);
  flushAtEnd(parameters.sequenceHandle);
  return TPM_RC_SUCCESS;
}
