// Objects in the TPM's slots: loaded ones, sequences (hash, HMAC or event) in progress, and for the time of one command
// the persistent objects that it uses.
import { TPM_ALG_NULL } from "../../generated/constants";
import { get16, MAX_LOADED_OBJECTS } from "../../base/index";
import { BANK_COUNT, HASH_STATE_ROOM, OBJECT_SLOT, OBJECTS } from "../state/index";

export const TRANSIENT_FIRST: u32 = 0x80000000;
export const PERSISTENT_FIRST: u32 = 0x81000000;
/** savedHandle of an ordinary transient object (Part 2, 14.5). */
export const SAVED_OBJECT: u32 = 0x80000000;
/** savedHandle of a sequence object, and of an object with stClear (Part 2, 14.5). */
export const SAVED_SEQUENCE: u32 = 0x80000001;
export const SAVED_ST_CLEAR: u32 = 0x80000002;

// --- a slot, by offset -----------------------------------------------------------------------------------------
/** u32: 0 in a free slot, else a set of the flags below. */
export const OBJECT_ATTRIBUTES: usize = 0;
/** u32: TPM_RH_OWNER, ENDORSEMENT, PLATFORM or NULL. */
export const OBJECT_HIERARCHY: usize = 4;
/** u16 of a hash or HMAC sequence. */
export const SEQUENCE_HASH: usize = 8;
/** u32: the persistent handle under which the object was taken from NV for this command; 0 for a transient one. */
export const EVICT_HANDLE: usize = 12;
/** TPM2B_AUTH, without trailing zeros. */
export const OBJECT_AUTH: usize = 16;
/** One hash state for a hash sequence, one for each bank for an event sequence. */
export const SEQUENCE_STATES: usize = 128;
export const SEQUENCE_END: u32 = 128 + BANK_COUNT * HASH_STATE_ROOM;
// Of an object that is no sequence:
/** TPM2B_DIGEST: seedValue of the sensitive area. */
export const OBJECT_SEED: usize = 84;
/** TPM2B_NAME, 2 + 66 bytes each. */
export const OBJECT_NAME: usize = 152;
export const QUALIFIED_NAME: usize = 220;
/** TPM2B_PUBLIC in wire form, up to 2 + PUBLIC_ROOM bytes. */
export const OBJECT_PUBLIC: usize = 288;
/** sizeof(TPMT_PUBLIC) of an RSA-4096 key with a SHA-512 policy is 604. */
export const PUBLIC_ROOM: u32 = 622;
/** TPM2B of the sensitive composite: prime, scalar, key or data. Nothing in an object without its sensitive area. */
export const OBJECT_SENSITIVE: usize = 912;
/** The longest is a prime of RSA-4096. */
export const SENSITIVE_ROOM: u32 = 256;
export const OBJECT_END: u32 = 912 + 2 + 256;

export const OBJECT_IS_OCCUPIED: u32 = 1 << 0;
export const IS_HASH_SEQUENCE: u32 = 1 << 1;
export const IS_HMAC_SEQUENCE: u32 = 1 << 2;
export const IS_EVENT_SEQUENCE: u32 = 1 << 3;
/** The first block of a hash sequence came, and it did not start with TPM_GENERATED_VALUE: a ticket may be made. */
export const HAS_FIRST_BLOCK: u32 = 1 << 4;
export const IS_TICKET_SAFE: u32 = 1 << 5;
export const IS_SEQUENCE: u32 = IS_HASH_SEQUENCE | IS_HMAC_SEQUENCE | IS_EVENT_SEQUENCE;
/** There is no sensitive area. */
export const IS_PUBLIC_ONLY: u32 = 1 << 6;
/** Loaded by TPM2_LoadExternal. */
export const IS_EXTERNAL: u32 = 1 << 7;
/** Its own stClear, or that of an ancestor. */
export const IS_ST_CLEAR: u32 = 1 << 8;
/** Created from a primary seed. */
export const IS_PRIMARY: u32 = 1 << 9;
/** In the NULL hierarchy, or external: it can't be made persistent. */
export const IS_TEMPORARY: u32 = 1 << 10;
/** A storage key: it protects its children. */
export const IS_PARENT: u32 = 1 << 11;
/** Its children are derived from it. */
export const IS_DERIVATION: u32 = 1 << 12;
/** A copy of a persistent object, in its slot for this command only. */
export const IS_EVICT: u32 = 1 << 13;

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
