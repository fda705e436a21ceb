// Persistent objects (Part 1, 37; Part 3, 28.5). Their entries in the non-volatile store hold, in canonical form:
//
//   4 flags   4 hierarchy   authValue   seedValue   Name   Qualified Name   publicArea   sensitive      (TPM2Bs)
//
// A command that names a persistent object gets a copy of it in a slot, for as long as it runs.
import {
  TPM_RC_HANDLE,
  TPM_RC_OBJECT_MEMORY,
  TPM_RC_SUCCESS,
  TPM_RH_ENDORSEMENT,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
  TPM_CC_EvictControl,
} from "../generated/constants";
import { unmarshal_TPMT_PUBLIC } from "../generated/unmarshal";
import { readerRemaining, readerStart } from "../marshal/reader";
import { copy2B, get32, put32, sizeOf2B } from "./bytes";
import { commandCode } from "./commandContext";
import { entryContent, entryHandle } from "./entries";
import { hierarchyEnabled } from "./hierarchy";
import { MAX_DIGEST_SIZE } from "./limits";
import { nvAdd, nvFind, nvFirst, nvNext, nvRemove } from "./nvStorage";
import {
  EVICT_HANDLE,
  IS_DERIVATION,
  IS_EVICT,
  IS_PARENT,
  IS_PRIMARY,
  OBJECT_ATTRIBUTES,
  OBJECT_AUTH,
  OBJECT_HIERARCHY,
  OBJECT_IS_OCCUPIED,
  OBJECT_NAME,
  OBJECT_PUBLIC,
  OBJECT_SEED,
  OBJECT_SENSITIVE,
  objectAttributes,
  objectOf,
  PERSISTENT_FIRST,
  PUBLIC_ROOM,
  QUALIFIED_NAME,
  SENSITIVE_ROOM,
  takeObjectSlot,
} from "./object";

/** From here on persistent handles belong to the platform, below to the owner. */
export const PLATFORM_PERSISTENT: u32 = 0x81800000;
export const PERSISTENT_LAST: u32 = 0x81ffffff;

/** What a persistent object can be: neither external nor temporary, not public only, without stClear. */
const STORED_FLAGS: u32 = OBJECT_IS_OCCUPIED | IS_PRIMARY | IS_PARENT | IS_DERIVATION;
const NAME_SIZE: u32 = 2 + MAX_DIGEST_SIZE;
const FIELDS: u32 = 6;

/** The n-th TPM2B of an entry: where it is in a slot. */
function fieldOffset(n: u32): usize {
  switch (n) {
    case 0:
      return OBJECT_AUTH;
    case 1:
      return OBJECT_SEED;
    case 2:
      return OBJECT_NAME;
    case 3:
      return QUALIFIED_NAME;
    case 4:
      return OBJECT_PUBLIC;
    default:
      return OBJECT_SENSITIVE;
  }
}

function fieldRoom(n: u32): u32 {
  switch (n) {
    case 0:
    case 1:
      return MAX_DIGEST_SIZE;
    case 2:
    case 3:
      return NAME_SIZE;
    case 4:
      return PUBLIC_ROOM;
    default:
      return SENSITIVE_ROOM;
  }
}

/** Bytes that the content of an object's entry takes. */
export function persistentSize(object: usize): u32 {
  let size: u32 = 8;
  for (let n: u32 = 0; n < FIELDS; n++) size += 2 + sizeOf2B(object + fieldOffset(n));
  return size;
}

/** After permanentChange(), where there is room: makes a copy of an object persistent. */
export function addPersistent(handle: u32, object: usize): void {
  let at = nvAdd(handle, persistentSize(object));
  put32(at, objectAttributes(object) & STORED_FLAGS);
  put32(at + 4, load<u32>(object, OBJECT_HIERARCHY));
  at += 8;
  for (let n: u32 = 0; n < FIELDS; n++) {
    copy2B(at, object + fieldOffset(n));
    at += 2 + sizeOf2B(at);
  }
}

/** After permanentChange(). */
export function removePersistent(handle: u32): void {
  nvRemove(nvFind(handle));
}

/** The content of an entry that was read from a blob is that of an object. */
export function persistentIsValid(content: usize, size: u32): bool {
  if (size < 8) return false;
  const flags = get32(content);
  const hierarchy = get32(content + 4);
  if (flags & ~STORED_FLAGS || !(flags & OBJECT_IS_OCCUPIED)) return false;
  if (hierarchy != TPM_RH_OWNER && hierarchy != TPM_RH_ENDORSEMENT && hierarchy != TPM_RH_PLATFORM) return false;
  let at = content + 8;
  const end = content + size;
  for (let n: u32 = 0; n < FIELDS; n++) {
    if (end - at < 2 || sizeOf2B(at) > fieldRoom(n) || end - at - 2 < sizeOf2B(at)) return false;
    if (n == 4) {
      readerStart(at + 2, sizeOf2B(at));
      if (unmarshal_TPMT_PUBLIC(false) != TPM_RC_SUCCESS || readerRemaining() != 0) return false;
    }
    at += 2 + sizeOf2B(at);
  }
  return at == end;
}

/** Takes the object of a persistent handle into a slot. @returns a response code without number. */
export function loadPersistent(handle: u32): u32 {
  const owner = handle < PLATFORM_PERSISTENT ? TPM_RH_OWNER : TPM_RH_PLATFORM;
  if (!hierarchyEnabled(owner)) return TPM_RC_HANDLE;
  const transient = takeObjectSlot(IS_EVICT);
  if (transient == 0) return TPM_RC_OBJECT_MEMORY;
  const object = objectOf(transient);
  const entry = nvFind(handle);
  if (entry == 0) return TPM_RC_HANDLE;
  let at = entryContent(entry);
  store<u32>(object, get32(at) | IS_EVICT, OBJECT_ATTRIBUTES);
  store<u32>(object, get32(at + 4), OBJECT_HIERARCHY);
  store<u32>(object, handle, EVICT_HANDLE);
  at += 8;
  for (let n: u32 = 0; n < FIELDS; n++) {
    copy2B(object + fieldOffset(n), at);
    at += 2 + sizeOf2B(at);
  }
  const hidden = load<u32>(object, OBJECT_HIERARCHY) == TPM_RH_ENDORSEMENT && !hierarchyEnabled(TPM_RH_ENDORSEMENT);
  return hidden && commandCode != TPM_CC_EvictControl ? TPM_RC_HANDLE : TPM_RC_SUCCESS;
}

/** After permanentChange(): the persistent objects of a hierarchy go, with their seed or by TPM2_Clear. */
export function removePersistentOf(hierarchy: u32): void {
  let entry = nvFirst(PERSISTENT_FIRST);
  while (entry != 0 && entryHandle(entry) <= PERSISTENT_LAST) {
    if (get32(entryContent(entry) + 4) == hierarchy) {
      nvRemove(entry);
      entry = nvFirst(PERSISTENT_FIRST);
    } else {
      entry = nvNext(entry);
    }
  }
}

