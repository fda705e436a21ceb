// Transient objects. A slot holds an object or a sequence (hash, HMAC or event) in progress.
import { MAX_LOADED_OBJECTS } from "./limits";
import { BANK_COUNT, HASH_STATE_ROOM, OBJECT_SLOT, OBJECTS } from "./state";

export const TRANSIENT_FIRST: u32 = 0x80000000;
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
/** TPM2B_AUTH. */
export const OBJECT_AUTH: usize = 16;
/** One hash state for a hash sequence, one for each bank for an event sequence. */
export const SEQUENCE_STATES: usize = 128;

export const OBJECT_IS_OCCUPIED: u32 = 1 << 0;
export const IS_HASH_SEQUENCE: u32 = 1 << 1;
export const IS_HMAC_SEQUENCE: u32 = 1 << 2;
export const IS_EVENT_SEQUENCE: u32 = 1 << 3;
/** The first block of a hash sequence came, and it did not start with TPM_GENERATED_VALUE: a ticket may be made. */
export const HAS_FIRST_BLOCK: u32 = 1 << 4;
export const IS_TICKET_SAFE: u32 = 1 << 5;
export const IS_SEQUENCE: u32 = IS_HASH_SEQUENCE | IS_HMAC_SEQUENCE | IS_EVENT_SEQUENCE;

if (SEQUENCE_STATES + 4 * HASH_STATE_ROOM > OBJECT_SLOT) ERROR("a sequence does not fit its slot");

export function objectAttributes(object: usize): u32 {
  return load<u32>(object, OBJECT_ATTRIBUTES);
}

export function hasObjectAttribute(object: usize, flags: u32): bool {
  return (objectAttributes(object) & flags) != 0;
}

export function setObjectAttribute(object: usize, flags: u32): void {
  store<u32>(object, objectAttributes(object) | flags, OBJECT_ATTRIBUTES);
}

export function isPresent(handle: u32): bool {
  const slot = handle - TRANSIENT_FIRST;
  return slot < MAX_LOADED_OBJECTS && objectAttributes(OBJECTS + slot * OBJECT_SLOT) != 0;
}

/** The slot of a loaded transient object. */
export function objectOf(handle: u32): usize {
  return OBJECTS + (handle - TRANSIENT_FIRST) * OBJECT_SLOT;
}

export function freeObjectSlots(): u32 {
  let free: u32 = 0;
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
    if (objectAttributes(OBJECTS + slot * OBJECT_SLOT) == 0) free++;
  }
  return free;
}

/** The handle of a free, zeroed slot, now occupied with these attributes; 0 (TPM_RC_OBJECT_MEMORY) without one. */
export function takeObjectSlot(attributes: u32): u32 {
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
    const object = OBJECTS + slot * OBJECT_SLOT;
    if (objectAttributes(object) != 0) continue;
    memory.fill(object, 0, OBJECT_SLOT);
    store<u32>(object, OBJECT_IS_OCCUPIED | attributes, OBJECT_ATTRIBUTES);
    return TRANSIENT_FIRST + slot;
  }
  return 0;
}

/** The `n`th hash state of a sequence: only an event sequence has more than one. */
export function sequenceState(object: usize, n: u32): usize {
  return object + SEQUENCE_STATES + n * HASH_STATE_ROOM;
}

/** Bytes of the slot that are in use: what TPM2_ContextSave saves. */
export function contentSize(handle: u32): u32 {
  const states: u32 = hasObjectAttribute(objectOf(handle), IS_EVENT_SEQUENCE) ? BANK_COUNT : 1;
  return (SEQUENCE_STATES as u32) + states * HASH_STATE_ROOM;
}

export function flushObject(handle: u32): void {
  memory.fill(objectOf(handle), 0, OBJECT_SLOT);
}

let flushedAtEnd: u32 = 0;

/** The command uses this object up; its authValue is still needed for the response. */
export function flushAtEnd(handle: u32): void {
  flushedAtEnd = handle;
}

/** When the response is complete. */
export function flushUsedUp(): void {
  if (flushedAtEnd == 0) return;
  flushObject(flushedAtEnd);
  flushedAtEnd = 0;
}

/** When a hierarchy is disabled or gets a new seed: its objects go. Sequences belong to no hierarchy and stay. */
export function flushHierarchy(hierarchy: u32): void {
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
    const object = OBJECTS + slot * OBJECT_SLOT;
    if (objectAttributes(object) == 0 || objectAttributes(object) & IS_SEQUENCE) continue;
    if (load<u32>(object, OBJECT_HIERARCHY) == hierarchy) memory.fill(object, 0, OBJECT_SLOT);
  }
}
