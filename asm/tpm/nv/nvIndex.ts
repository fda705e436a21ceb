// NV Indices (Part 1, 37; Part 2, 13). The entry of an index in the non-volatile store holds its TPM2B_NV_PUBLIC, its
// TPM2B_AUTH in room for a digest of nameAlg, and its data, unless it is orderly: then attributes and data are those of
// nvOrderly.ts. Functions that write ask for the commit they need by themselves.
import {
  TPM_HT_NV_INDEX,
  TPM_NT_COUNTER,
  TPM_NT_PIN_FAIL,
  TPM_NT_PIN_PASS,
  TPM_RC_NV_AUTHORIZATION,
  TPM_RC_NV_LOCKED,
  TPM_RC_NV_UNINITIALIZED,
  TPM_RC_SUCCESS,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
  TPMA_NV_CLEAR_STCLEAR,
  TPMA_NV_GLOBALLOCK,
  TPMA_NV_ORDERLY,
  TPMA_NV_OWNERREAD,
  TPMA_NV_OWNERWRITE,
  TPMA_NV_PLATFORMCREATE,
  TPMA_NV_PPREAD,
  TPMA_NV_PPWRITE,
  TPMA_NV_READLOCKED,
  TPMA_NV_WRITEDEFINE,
  TPMA_NV_WRITELOCKED,
  TPMA_NV_WRITTEN,
} from "../../generated/constants";
import {
  REFUSAL_NV_READ_AUTHORITY,
  REFUSAL_NV_READ_LOCKED,
  REFUSAL_NV_UNWRITTEN,
  REFUSAL_NV_WRITE_AUTHORITY,
  REFUSAL_NV_WRITE_LOCKED,
} from "../../generated/refusals";
import {
  bytesOf2B,
  copy2B,
  get64,
  MAX_ORDERLY_COUNT,
  NV_PUBLIC_ROOM,
  put16,
  put32,
  put64,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  wipe2B,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import {
  entryContent,
  entryHandle,
  HASH_STATE_ROOM,
  nullifyShutdown,
  NV_MAX_COUNTER,
  nvAdd,
  nvChange,
  nvFind,
  nvRemove,
  permanentChange,
  PH_ENABLE_NV,
  SH_ENABLE,
} from "../state/index";
import {
  addOrderly,
  advanceCounter,
  firstOrderly,
  nextOrderly,
  orderlyAttributes,
  orderlyAvailable,
  orderlyData,
  removeOrderly,
  restoreOrderly,
  saveOrderly,
  setOrderlyAttributes,
} from "./nvOrderly";
import {
  contentSize,
  nvType,
  PUBLIC_ATTRIBUTES,
  publicAttributes,
  publicDataSize,
  publicHandle,
  publicNameAlgorithm,
  publicPolicy,
} from "./nvPublic";
import { firstIndex, hasRoomForIndex, nextIndex } from "./nvSpace";

/** What the memory of an index holds until it is written. */
const ERASED: u8 = 0xff;

// --- an index: the address of its entry, until another is added or removed ---------------------------------------

/** The index of a handle that entityLoadStatus() found. */
export function indexOf(handle: u32): usize {
  const index = nvFind(handle);
  if (index == 0) unreachable();
  return index;
}

export function indexNameAlgorithm(index: usize): u32 {
  return publicNameAlgorithm(entryContent(index));
}

export function indexPolicy(index: usize): usize {
  return publicPolicy(entryContent(index));
}

export function indexDataSize(index: usize): u32 {
  return publicDataSize(entryContent(index));
}

/** The attributes as they are now. */
export function indexAttributes(index: usize): u32 {
  const attributes = publicAttributes(entryContent(index));
  return attributes & TPMA_NV_ORDERLY ? orderlyAttributes(entryHandle(index)) : attributes;
}

/** Address of the TPM2B_AUTH, without trailing zeros. */
export function indexAuth(index: usize): usize {
  const info = entryContent(index);
  return info + 2 + sizeOf2B(info);
}

/** Address of the data: of no meaning until TPMA_NV_WRITTEN is SET. */
export function indexData(index: usize): usize {
  const info = entryContent(index);
  if (publicAttributes(info) & TPMA_NV_ORDERLY) return orderlyData(entryHandle(index));
  return indexAuth(index) + 2 + digestSizeOf(publicNameAlgorithm(info));
}

/** Copies the TPM2B_NV_PUBLIC with the attributes of now; returns its size, the size field included. */
export function copyPublic(index: usize, out: usize): u32 {
  const info = entryContent(index);
  copy2B(out, info);
  put32(out + PUBLIC_ATTRIBUTES, indexAttributes(index));
  return 2 + sizeOf2B(info);
}

/** The Name, nameAlg || H(public area), without its size; at most 66 bytes. Returns the size. */
export function indexName(index: usize, out: usize): u32 {
  const algorithm = indexNameAlgorithm(index);
  const mark = scratchMark();
  const info = scratchTake(NV_PUBLIC_ROOM);
  const state = scratchTake(HASH_STATE_ROOM);
  const size = copyPublic(index, info);
  hashStart(algorithm, state);
  hashUpdate(state, bytesOf2B(info), size - 2);
  put16(out, algorithm);
  hashFinal(state, out + 2);
  scratchRelease(mark);
  return 2 + digestSizeOf(algorithm);
}

export function isIndexDefined(handle: u32): bool {
  return nvFind(handle) != 0;
}

/** An index exists for this handle, and the hierarchy of its creator is enabled. */
export function isIndexAccessible(handle: u32): bool {
  const index = nvFind(handle);
  if (index == 0) return false;
  const attributes = publicAttributes(entryContent(index));
  return load<u8>(attributes & TPMA_NV_PLATFORMCREATE ? PH_ENABLE_NV : SH_ENABLE) != 0;
}

/** A PIN Pass or PIN Fail index. */
export function isPin(attributes: u32): bool {
  return nvType(attributes) == TPM_NT_PIN_PASS || nvType(attributes) == TPM_NT_PIN_FAIL;
}

/** Uses of its authValue are counted: no ticket may stand for one. */
export function isPinPassIndex(handle: u32): bool {
  return handle >> 24 == TPM_HT_NV_INDEX && nvType(indexAttributes(indexOf(handle))) == TPM_NT_PIN_PASS;
}

// --- access (Part 3, 31.1) -----------------------------------------------------------------------------------------

/** `authHandle`, whose authorization was right, may read `nvIndex`: TPM_RC_SUCCESS, NV_LOCKED, NV_AUTHORIZATION, NV_UNINITIALIZED. */
export function readAccess(authHandle: u32, nvIndex: u32): u32 {
  const attributes = indexAttributes(indexOf(nvIndex));
  if (attributes & TPMA_NV_READLOCKED) return refuse(TPM_RC_NV_LOCKED, REFUSAL_NV_READ_LOCKED, nvIndex);
  if (!isAllowed(authHandle, nvIndex, attributes, TPMA_NV_OWNERREAD, TPMA_NV_PPREAD))
    return refuse(TPM_RC_NV_AUTHORIZATION, REFUSAL_NV_READ_AUTHORITY, nvIndex, authHandle, attributes);
  return attributes & TPMA_NV_WRITTEN ? TPM_RC_SUCCESS : refuse(TPM_RC_NV_UNINITIALIZED, REFUSAL_NV_UNWRITTEN, nvIndex);
}

/** `authHandle` may write `nvIndex`: TPM_RC_SUCCESS, NV_LOCKED, NV_AUTHORIZATION. */
export function writeAccess(authHandle: u32, nvIndex: u32): u32 {
  const attributes = indexAttributes(indexOf(nvIndex));
  if (attributes & TPMA_NV_WRITELOCKED) return refuse(TPM_RC_NV_LOCKED, REFUSAL_NV_WRITE_LOCKED, nvIndex);
  if (isAllowed(authHandle, nvIndex, attributes, TPMA_NV_OWNERWRITE, TPMA_NV_PPWRITE)) return TPM_RC_SUCCESS;
  return refuse(TPM_RC_NV_AUTHORIZATION, REFUSAL_NV_WRITE_AUTHORITY, nvIndex, authHandle, attributes);
}

/** For the index itself as authHandle, the attributes were looked at when the authorization was checked. */
function isAllowed(authHandle: u32, nvIndex: u32, attributes: u32, byOwner: u32, byPlatform: u32): bool {
  if (authHandle == TPM_RH_OWNER) return (attributes & byOwner) != 0;
  if (authHandle == TPM_RH_PLATFORM) return (attributes & byPlatform) != 0;
  return authHandle == nvIndex;
}

// --- changes -------------------------------------------------------------------------------------------------------

export function setIndexAttributes(index: usize, attributes: u32): void {
  if (attributes & TPMA_NV_ORDERLY) {
    nullifyShutdown();
    setOrderlyAttributes(entryHandle(index), attributes);
  } else {
    permanentChange();
    nvChange(index);
    put32(entryContent(index) + PUBLIC_ATTRIBUTES, attributes);
  }
}

/** Writes `size` bytes of data at `offset`, which are in range, and sets TPMA_NV_WRITTEN. */
export function writeIndex(index: usize, offset: u32, from: usize, size: u32): void {
  const attributes = indexAttributes(index);
  const isOrderly = (attributes & TPMA_NV_ORDERLY) != 0;
  setIndexAttributes(index, attributes | TPMA_NV_WRITTEN);
  if (!(attributes & TPMA_NV_WRITTEN)) memory.fill(indexData(index), isOrderly ? 0 : ERASED, indexDataSize(index));
  memory.copy(indexData(index) + offset, from, size);
}

/** The data of a counter, of a bit field or of a PIN index, 0 until it is written. */
export function indexNumber(index: usize): u64 {
  return indexAttributes(index) & TPMA_NV_WRITTEN ? get64(indexData(index)) : 0;
}

export function writeIndexNumber(index: usize, value: u64): void {
  const mark = scratchMark();
  const wire = scratchTake(8);
  put64(wire, value);
  writeIndex(index, 0, wire, 8);
  scratchRelease(mark);
}

/** Counts up; a new counter goes on from the largest value that any counter before it had. */
export function incrementIndex(index: usize): void {
  const attributes = indexAttributes(index);
  const isFirst = !(attributes & TPMA_NV_WRITTEN);
  const count = (isFirst ? load<u64>(NV_MAX_COUNTER) : indexNumber(index)) + 1;
  const isOrderly = (attributes & TPMA_NV_ORDERLY) != 0;
  // The permanent copy must not fall behind by more than MAX_ORDERLY_COUNT.
  const isSaved = isOrderly && (isFirst || (count & MAX_ORDERLY_COUNT) == 0);
  if (isSaved) permanentChange();
  writeIndexNumber(index, count);
  if (isSaved) saveOrderly();
}

export function setIndexAuth(index: usize, auth: usize): void {
  permanentChange();
  nvChange(index);
  wipe2B(indexAuth(index), digestSizeOf(indexNameAlgorithm(index)));
  copy2B(indexAuth(index), auth);
}

/** There is room for an index with this TPM2B_NV_PUBLIC. */
export function indexFits(info: usize): bool {
  const attributes = publicAttributes(info);
  if (!hasRoomForIndex(contentSize(info), nvType(attributes) == TPM_NT_COUNTER)) return false;
  return !(attributes & TPMA_NV_ORDERLY) || orderlyAvailable(publicDataSize(info)) != 0;
}

/** Makes an index, after indexFits(): `info` is its TPM2B_NV_PUBLIC, `auth` its TPM2B_AUTH without trailing zeros. */
export function addIndex(info: usize, auth: usize): void {
  permanentChange();
  const handle = publicHandle(info);
  const attributes = publicAttributes(info);
  copy2B(nvAdd(handle, contentSize(info)), info);
  const index = nvFind(handle);
  copy2B(indexAuth(index), auth);
  if (attributes & TPMA_NV_ORDERLY) addOrderly(handle, attributes, publicDataSize(info));
  else memory.fill(indexData(index), ERASED, publicDataSize(info));
}

export function removeIndex(index: usize): void {
  permanentChange();
  const attributes = indexAttributes(index);
  // No later counter may start below what this one has shown.
  if (nvType(attributes) == TPM_NT_COUNTER && indexNumber(index) > load<u64>(NV_MAX_COUNTER))
    store<u64>(NV_MAX_COUNTER, indexNumber(index));
  if (attributes & TPMA_NV_ORDERLY) removeOrderly(entryHandle(index));
  nvRemove(index);
}

/** TPM2_Clear: the indices that the owner made go. */
export function removeOwnerIndices(): void {
  let handle: u32 = 0;
  for (let index = firstIndex(handle); index != 0; index = firstIndex(handle)) {
    handle = entryHandle(index) + 1;
    if (!(publicAttributes(entryContent(index)) & TPMA_NV_PLATFORMCREATE)) removeIndex(index);
  }
}

/** TPM2_NV_GlobalWriteLock */
export function lockGlobally(): void {
  // All or nothing, also of the orderly ones.
  permanentChange();
  for (let index = firstIndex(0); index != 0; index = nextIndex(index)) {
    const attributes = indexAttributes(index);
    if (attributes & TPMA_NV_GLOBALLOCK && !(attributes & TPMA_NV_WRITELOCKED))
      setIndexAttributes(index, attributes | TPMA_NV_WRITELOCKED);
  }
}

// --- TPM2_Startup ----------------------------------------------------------------------------------------------

/** After permanentChange(). `reset`: TPM Reset; `orderly`: a TPM2_Shutdown is on record. */
export function nvStartup(resume: bool, reset: bool, orderly: bool): void {
  restoreOrderly();
  if (resume) return;
  for (let index = firstIndex(0); index != 0; index = nextIndex(index)) {
    const attributes = publicAttributes(entryContent(index));
    const started = startupAttributes(attributes, reset);
    if (attributes & TPMA_NV_ORDERLY || started == attributes) continue;
    nvChange(index);
    put32(entryContent(index) + PUBLIC_ATTRIBUTES, started);
  }
  for (let entry = firstOrderly(); entry != 0; entry = nextOrderly(entry)) {
    const attributes = startupAttributes(orderlyAttributes(entryHandle(entry)), reset);
    setOrderlyAttributes(entryHandle(entry), attributes);
    if (nvType(attributes) == TPM_NT_COUNTER && !orderly) advanceCounter(entry);
  }
}

function startupAttributes(attributes: u32, reset: bool): u32 {
  attributes &= ~TPMA_NV_READLOCKED;
  const isLost = (attributes & TPMA_NV_CLEAR_STCLEAR) != 0 || (reset && (attributes & TPMA_NV_ORDERLY) != 0);
  if (isLost && nvType(attributes) != TPM_NT_COUNTER) attributes &= ~TPMA_NV_WRITTEN;
  if (!(attributes & TPMA_NV_WRITTEN) || !(attributes & TPMA_NV_WRITEDEFINE)) attributes &= ~TPMA_NV_WRITELOCKED;
  return attributes;
}
