// Objects in the TPM's slots: loaded ones, sequences (hash, HMAC or event) in progress, and for the time of one command
// the persistent objects that it uses. Where things are in a slot: rows of src/spec/layout/slots.ts.
import { PERSISTENT_FIRST, TPM_ALG_NULL, TRANSIENT_FIRST } from "../../generated/constants";
import {
  EVICT_HANDLE,
  IS_EVENT_SEQUENCE,
  IS_EVICT,
  IS_HASH_SEQUENCE,
  IS_HMAC_SEQUENCE,
  OBJECT_ATTRIBUTES,
  OBJECT_END,
  OBJECT_PUBLIC,
  SEQUENCE_END,
  SEQUENCE_STATES,
} from "../../generated/layout/object";
import { get16, MAX_LOADED_OBJECTS } from "../../base/index";
import { BANK_COUNT, HASH_STATE_ROOM, OBJECT_SLOT, OBJECTS } from "../state/index";

/** savedHandle of an ordinary transient object (Part 2, 14.5). */
export const SAVED_OBJECT: u32 = 0x80000000;
/** savedHandle of a sequence object, and of an object with stClear (Part 2, 14.5). */
export const SAVED_SEQUENCE: u32 = 0x80000001;
export const SAVED_ST_CLEAR: u32 = 0x80000002;

export * from "../../generated/layout/object";

export const IS_SEQUENCE: u32 = IS_HASH_SEQUENCE | IS_HMAC_SEQUENCE | IS_EVENT_SEQUENCE;

if (SEQUENCE_END > OBJECT_SLOT) ERROR("a sequence does not fit its slot");
if (OBJECT_END > OBJECT_SLOT) ERROR("an object does not fit its slot");

export function objectAttributes(object: usize): u32 {
  return load<u32>(object, OBJECT_ATTRIBUTES);
}

export function hasObjectAttribute(object: usize, flags: u32): bool {
  return (objectAttributes(object) & flags) != 0;
}

export function setObjectAttribute(object: usize, flags: u32): void {
  store<u32>(object, objectAttributes(object) | flags, OBJECT_ATTRIBUTES);
}

/** A loaded object or a sequence has this transient handle. */
export function isPresent(handle: u32): bool {
  const slot = handle - TRANSIENT_FIRST;
  if (slot >= MAX_LOADED_OBJECTS) return false;
  const attributes = objectAttributes(slotAt(slot));
  return attributes != 0 && (attributes & IS_EVICT) == 0;
}

@inline
export function slotAt(slot: u32): usize {
  return OBJECTS + slot * OBJECT_SLOT;
}

/** The slot of an object by its transient handle, or by the persistent one under which it was taken from NV. */
export function objectOf(handle: u32): usize {
  if (handle >= PERSISTENT_FIRST) {
    for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
      if (load<u32>(slotAt(slot), EVICT_HANDLE) == handle) return slotAt(slot);
    }
    unreachable();
  }
  return slotAt(handle - TRANSIENT_FIRST);
}

/** The number of the slot at this address, 0 to MAX_LOADED_OBJECTS - 1. */
export function slotOf(object: usize): u32 {
  return ((object - OBJECTS) / OBJECT_SLOT) as u32;
}

/** TPMT_PUBLIC of an object that is no sequence: see publicArea.ts. */
@inline
export function publicOf(object: usize): usize {
  return object + OBJECT_PUBLIC + 2;
}

export function isSequence(object: usize): bool {
  return hasObjectAttribute(object, IS_SEQUENCE);
}

/** TPMI_ALG_PUBLIC of the object in a slot; TPM_ALG_NULL for a sequence. */
export function objectType(object: usize): u32 {
  return isSequence(object) ? TPM_ALG_NULL : get16(publicOf(object));
}

/** The `n`th hash state of a sequence: only an event sequence has more than one. */
export function sequenceState(object: usize, n: u32): usize {
  return object + SEQUENCE_STATES + n * HASH_STATE_ROOM;
}

/** Bytes of the slot of a sequence that are in use: what TPM2_ContextSave saves. */
export function sequenceSize(object: usize): u32 {
  const states: u32 = hasObjectAttribute(object, IS_EVENT_SEQUENCE) ? BANK_COUNT : 1;
  return (SEQUENCE_STATES as u32) + states * HASH_STATE_ROOM;
}
