// Persistent objects (Part 1, 37; Part 3, 28.5): entries in the non-volatile store, as storedObject.ts has them. A command
// that names a persistent object gets a copy of it in a slot, for as long as it runs.
import {
  PERSISTENT_FIRST,
  PERSISTENT_LAST,
  PLATFORM_PERSISTENT,
  TPM_CC_EvictControl,
  TPM_RC_HANDLE,
  TPM_RC_OBJECT_MEMORY,
  TPM_RC_SUCCESS,
  TPM_RH_ENDORSEMENT,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
} from "../../generated/constants";
import {
  REFUSAL_PERSISTENT_ABSENT,
  REFUSAL_PERSISTENT_DISABLED,
  REFUSAL_PERSISTENT_NO_SLOT,
} from "../../generated/refusals";
import { commandCode, refuse } from "../../base/index";
import { hierarchyEnabled } from "../platform/index";
import { entryContent, entryHandle, nvAdd, nvFind, nvFirst, nvNext, nvRemove } from "../state/index";
import {
  EVICT_HANDLE,
  IS_DERIVATION,
  IS_EVICT,
  IS_PARENT,
  IS_PRIMARY,
  OBJECT_HIERARCHY,
  OBJECT_IS_OCCUPIED,
  objectAttributes,
  objectOf,
  setObjectAttribute,
} from "./object";
import { takeObjectSlot } from "./objectSlots";
import { restoreObject, storedFlags, storedHierarchy, storedIsValid, storedSize, storeObject } from "./storedObject";

/** What a persistent object can be: neither external nor temporary, not public only, without stClear. */
const STORED_FLAGS: u32 = OBJECT_IS_OCCUPIED | IS_PRIMARY | IS_PARENT | IS_DERIVATION;

/** After permanentChange(), where there is room: makes a copy of an object persistent. */
export function addPersistent(handle: u32, object: usize): void {
  const at = nvAdd(handle, storedSize(object));
  storeObject(object, objectAttributes(object) & STORED_FLAGS, at);
}

/** After permanentChange(). */
export function removePersistent(handle: u32): void {
  nvRemove(nvFind(handle));
}

/** The content of an entry that was read from a blob is that of an object. */
export function persistentIsValid(content: usize, size: u32): bool {
  if (!storedIsValid(content, size)) return false;
  const flags = storedFlags(content);
  const hierarchy = storedHierarchy(content);
  if (flags & ~STORED_FLAGS || !(flags & OBJECT_IS_OCCUPIED)) return false;
  return hierarchy == TPM_RH_OWNER || hierarchy == TPM_RH_ENDORSEMENT || hierarchy == TPM_RH_PLATFORM;
}

/** Takes the object of a persistent handle into a slot. @returns a response code without number. */
export function loadPersistent(handle: u32): u32 {
  const owner = handle < PLATFORM_PERSISTENT ? TPM_RH_OWNER : TPM_RH_PLATFORM;
  if (!hierarchyEnabled(owner)) return refuse(TPM_RC_HANDLE, REFUSAL_PERSISTENT_DISABLED, handle, owner);
  const transient = takeObjectSlot(IS_EVICT);
  if (transient == 0) return refuse(TPM_RC_OBJECT_MEMORY, REFUSAL_PERSISTENT_NO_SLOT, handle);
  const object = objectOf(transient);
  const entry = nvFind(handle);
  if (entry == 0) return refuse(TPM_RC_HANDLE, REFUSAL_PERSISTENT_ABSENT, handle);
  restoreObject(entryContent(entry), object);
  setObjectAttribute(object, IS_EVICT);
  store<u32>(object, handle, EVICT_HANDLE);
  const hidden = load<u32>(object, OBJECT_HIERARCHY) == TPM_RH_ENDORSEMENT && !hierarchyEnabled(TPM_RH_ENDORSEMENT);
  if (!hidden || commandCode == TPM_CC_EvictControl) return TPM_RC_SUCCESS;
  return refuse(TPM_RC_HANDLE, REFUSAL_PERSISTENT_DISABLED, handle, TPM_RH_ENDORSEMENT);
}

/** After permanentChange(): the persistent objects of a hierarchy go, with their seed or by TPM2_Clear. */
export function removePersistentOf(hierarchy: u32): void {
  let entry = nvFirst(PERSISTENT_FIRST);
  while (entry != 0 && entryHandle(entry) <= PERSISTENT_LAST) {
    if (storedHierarchy(entryContent(entry)) == hierarchy) {
      nvRemove(entry);
      entry = nvFirst(PERSISTENT_FIRST);
    } else {
      entry = nvNext(entry);
    }
  }
}
