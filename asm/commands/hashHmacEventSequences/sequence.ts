// Adding data to a hash, HMAC or event sequence (Part 1, 32.4).
import { bytesOf2B, sizeOf2B } from "../../tpm/bytes";
import { hashUpdate2B } from "../../tpm/digest";
import {
  HAS_FIRST_BLOCK,
  hasObjectAttribute,
  IS_EVENT_SEQUENCE,
  IS_HASH_SEQUENCE,
  IS_TICKET_SAFE,
  sequenceState,
  setObjectAttribute,
} from "../../tpm/object";
import { BANK_COUNT } from "../../tpm/state";
import { startsSafely } from "../../tpm/ticket";

/** `data` is a TPM2B. The first piece decides whether the digest may ever get a ticket. */
export function addToSequence(object: usize, data: usize): void {
  if (hasObjectAttribute(object, IS_EVENT_SEQUENCE)) {
    for (let bank: u32 = 0; bank < BANK_COUNT; bank++) hashUpdate2B(sequenceState(object, bank), data);
    return;
  }
  if (hasObjectAttribute(object, IS_HASH_SEQUENCE) && !hasObjectAttribute(object, HAS_FIRST_BLOCK)) {
    setObjectAttribute(object, HAS_FIRST_BLOCK);
    if (startsSafely(bytesOf2B(data), sizeOf2B(data))) setObjectAttribute(object, IS_TICKET_SAFE);
  }
  hashUpdate2B(sequenceState(object, 0), data);
}
