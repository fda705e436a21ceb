// Hash, HMAC, CMAC and event sequences (Part 1, 32.4): starting one and adding data to it.
import { TPM_RH_NULL } from "../../generated/constants";
import { bytesOf2B, copy2B, removeTrailingZeros, sizeOf2B } from "../../base/index";
import { hashUpdate2B } from "../../tpm/algorithms/index";
import {
  HAS_FIRST_BLOCK,
  hasObjectAttribute,
  IS_EVENT_SEQUENCE,
  IS_HMAC_SEQUENCE,
  IS_TICKET_SAFE,
  OBJECT_AUTH,
  OBJECT_HIERARCHY,
  objectOf,
  SEQUENCE_HASH,
  sequenceState,
  setObjectAttribute,
  takeObjectSlot,
} from "../../tpm/objects/index";
import { startsSafely } from "../../tpm/platform/index";
import { macUpdate } from "../../tpm/signing/index";
import { BANK_COUNT } from "../../tpm/state/index";

/**
 * Takes a slot for a sequence, whose state is still to be started.
 * @param kind IS_HASH_SEQUENCE, IS_HMAC_SEQUENCE or IS_EVENT_SEQUENCE
 * @param algorithm hash, TPM_ALG_CMAC, or TPM_ALG_NULL for an event sequence
 * @param auth TPM2B_AUTH
 * @returns its handle; 0 (TPM_RC_OBJECT_MEMORY) without a free slot
 */
export function takeSequence(kind: u32, algorithm: u32, auth: usize): u32 {
  const handle = takeObjectSlot(kind);
  if (handle == 0) return 0;
  const object = objectOf(handle);
  removeTrailingZeros(auth);
  copy2B(object + OBJECT_AUTH, auth);
  store<u32>(object, TPM_RH_NULL, OBJECT_HIERARCHY);
  store<u16>(object, algorithm as u16, SEQUENCE_HASH);
  return handle;
}

/** `data` is a TPM2B. The first piece decides whether the digest may ever get a ticket. */
export function addToSequence(object: usize, data: usize): void {
  if (hasObjectAttribute(object, IS_EVENT_SEQUENCE)) {
    for (let bank: u32 = 0; bank < BANK_COUNT; bank++) hashUpdate2B(sequenceState(object, bank), data);
    return;
  }
  if (hasObjectAttribute(object, IS_HMAC_SEQUENCE)) {
    macUpdate(load<u16>(object, SEQUENCE_HASH), sequenceState(object, 0), bytesOf2B(data), sizeOf2B(data));
    return;
  }
  if (!hasObjectAttribute(object, HAS_FIRST_BLOCK)) {
    setObjectAttribute(object, HAS_FIRST_BLOCK);
    if (startsSafely(bytesOf2B(data), sizeOf2B(data))) setObjectAttribute(object, IS_TICKET_SAFE);
  }
  hashUpdate2B(sequenceState(object, 0), data);
}
