// [TPM2.0 1.59] 17.6 TPM2_SequenceComplete
import { TPM_RC_MODE, TPM_RC_SUCCESS, TPM_RH_NULL } from "../../generated/constants";
import { SequenceComplete as parameters } from "../../generated/parameters";
import { reserve, writeU16 } from "../../marshal/writer";
import { hashFinal, hmacFinal } from "../../tpm/digest";
import { digestSizeOf } from "../../tpm/hash";
import {
  flushAtEnd,
  hasObjectAttribute,
  IS_HASH_SEQUENCE,
  IS_HMAC_SEQUENCE,
  IS_TICKET_SAFE,
  objectOf,
  SEQUENCE_HASH,
  sequenceState,
} from "../../tpm/object";
import { rcHandle } from "../../tpm/responseCode";
import { writeHashCheck, writeNullHashCheck } from "../../tpm/ticket";
import { addToSequence } from "./sequence";

export function SequenceComplete(): u32 {
  const object = objectOf(parameters.sequenceHandle);
  if (!hasObjectAttribute(object, IS_HASH_SEQUENCE | IS_HMAC_SEQUENCE)) return rcHandle(TPM_RC_MODE, 1);

  const algorithm = load<u16>(object, SEQUENCE_HASH);
  const size = digestSizeOf(algorithm);
  const isHash = hasObjectAttribute(object, IS_HASH_SEQUENCE);
  addToSequence(object, parameters.buffer);
  writeU16(size);
  const digest = reserve(size);
  if (isHash) hashFinal(sequenceState(object, 0), digest);
  else hmacFinal(sequenceState(object, 0), digest);
  const safe = isHash && hasObjectAttribute(object, IS_TICKET_SAFE);
  if (parameters.hierarchy != TPM_RH_NULL && safe) writeHashCheck(parameters.hierarchy, algorithm, digest, size);
  else writeNullHashCheck();
  flushAtEnd(parameters.sequenceHandle);
  return TPM_RC_SUCCESS;
}
