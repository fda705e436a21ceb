// Slots for objects: taking one, and making it free so that no trace of the object stays.
import { TPM_RC_OBJECT_MEMORY, TRANSIENT_FIRST } from "../../generated/constants";
import { REFUSAL_OBJECT_SLOTS } from "../../generated/refusals";
import { MAX_LOADED_OBJECTS, refuse } from "../../base/index";
import { OBJECT_SLOT } from "../state/index";
import {
  hasObjectAttribute,
  IS_EVICT,
  isSequence,
  OBJECT_ATTRIBUTES,
  OBJECT_HIERARCHY,
  OBJECT_IS_OCCUPIED,
  objectAttributes,
  objectOf,
  slotAt,
  slotOf,
} from "./object";
import { forgetRsaKey } from "./rsaKey";

export function freeObjectSlots(): u32 {
  let free: u32 = 0;
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
    if (objectAttributes(slotAt(slot)) == 0) free++;
  }
  return free;
}

/** There is no free slot. */
export function refuseSlots(): u32 {
  return refuse(TPM_RC_OBJECT_MEMORY, REFUSAL_OBJECT_SLOTS, MAX_LOADED_OBJECTS);
}

/** The handle of a free, zeroed slot, now occupied with these attributes; 0 (TPM_RC_OBJECT_MEMORY) without one. */
export function takeObjectSlot(attributes: u32): u32 {
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
    const object = slotAt(slot);
    if (objectAttributes(object) != 0) continue;
    wipeSlot(object);
    store<u32>(object, OBJECT_IS_OCCUPIED | attributes, OBJECT_ATTRIBUTES);
    return TRANSIENT_FIRST + slot;
  }
  return 0;
}

export function flushObject(handle: u32): void {
  wipeSlot(objectOf(handle));
}

/** The slot is free; no trace of the object stays. */
export function wipeSlot(object: usize): void {
  memory.fill(object, 0, OBJECT_SLOT);
  forgetRsaKey(slotOf(object));
}

/** At the end of a command: the copies of persistent objects that it used. */
export function flushEvicts(): void {
  for (let slot: u32 = 0; slot < MAX_LOADED_OBJECTS; slot++) {
    if (hasObjectAttribute(slotAt(slot), IS_EVICT)) wipeSlot(slotAt(slot));
  }
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
    const object = slotAt(slot);
    if (objectAttributes(object) == 0 || isSequence(object)) continue;
    if (load<u32>(object, OBJECT_HIERARCHY) == hierarchy) wipeSlot(object);
  }
}
