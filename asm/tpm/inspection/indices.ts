// NV Indices: public areas and Names; the data only where anybody may read them.
import {
  TPM_HT_NV_INDEX,
  TPMA_NV_AUTHREAD,
  TPMA_NV_CLEAR_STCLEAR,
  TPMA_NV_ORDERLY,
  TPMA_NV_OWNERREAD,
  TPMA_NV_PPREAD,
  TPMA_NV_READLOCKED,
  TPMA_NV_WRITTEN,
} from "../../generated/constants";
import { ORDERLY_ATTRIBUTES } from "../../generated/layout/orderly";
import { bytesOf2B, copy2B, get32, NV_PUBLIC_ROOM, put16, put32, sizeOf2B } from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import {
  firstIndex,
  indexAuth,
  indexData,
  indexDataSize,
  indexNameAlgorithm,
  isIndexAccessible,
  isInRam,
  isPin,
  nextIndex,
  PUBLIC_ATTRIBUTES,
  publicAttributes,
  indexAttributes,
} from "../nv/index";
import {
  entryContent,
  entryHandle,
  firstEntry,
  HASH_STATE_ROOM,
  nvCount,
  OWNER_AUTH,
  PH_ENABLE,
  PLATFORM_AUTH,
  SAVED_ORDERLY_RUN,
  SAVED_ORDERLY_USED,
  SH_ENABLE,
  STARTED,
} from "../state/index";
import { add2B, add32, addFlag, addWire2B } from "./record";

// Memory of its own: the unfinished command may hold all of the scratch arena.
const hashState: usize = memory.data(448, 16);
if (HASH_STATE_ROOM > 448) ERROR("a hash state does not fit");
const publicArea: usize = memory.data(128, 16);
if (NV_PUBLIC_ROOM > 128) ERROR("a TPM2B_NV_PUBLIC does not fit");
const name: usize = memory.data(66, 16);

export function addIndices(): void {
  add32(nvCount(TPM_HT_NV_INDEX));
  for (let index = firstIndex(0); index != 0; index = nextIndex(index)) {
    const attributes = attributesNow(index);
    copy2B(publicArea, entryContent(index));
    put32(publicArea + PUBLIC_ATTRIBUTES, attributes);
    addWire2B(publicArea);
    const algorithm = indexNameAlgorithm(index);
    put16(name, algorithm);
    hashStart(algorithm, hashState);
    hashUpdate(hashState, bytesOf2B(publicArea), sizeOf2B(publicArea));
    hashFinal(hashState, name + 2);
    add2B(name, 2 + digestSizeOf(algorithm));
    addFlag(sizeOf2B(indexAuth(index)) != 0);
    addFlag(isIndexAccessible(entryHandle(index)));
    const isOpen = isReadable(index, attributes);
    addFlag(isOpen);
    if (isOpen) add2B(indexData(index), indexDataSize(index));
  }
}

/** Before TPM2_Startup an orderly index is not in RAM: then as it was last made permanent. */
function attributesNow(index: usize): u32 {
  const attributes = publicAttributes(entryContent(index));
  const handle = entryHandle(index);
  if (!(attributes & TPMA_NV_ORDERLY) || isInRam(handle)) return indexAttributes(index);
  const end = SAVED_ORDERLY_RUN + load<u32>(SAVED_ORDERLY_USED);
  const entry = firstEntry(SAVED_ORDERLY_RUN, end, handle);
  if (entry >= end || entryHandle(entry) != handle) return attributes;
  return get32(entryContent(entry) + ORDERLY_ATTRIBUTES);
}

/** TPM2_NV_Read would give the data to anybody: with an empty authValue, without a read lock, and without counting a use. */
function isReadable(index: usize, attributes: u32): bool {
  if (!(attributes & TPMA_NV_WRITTEN) || attributes & TPMA_NV_READLOCKED) return false;
  const byAuth = (attributes & TPMA_NV_AUTHREAD) != 0 && !isPin(attributes) && sizeOf2B(indexAuth(index)) == 0;
  const byOwner = (attributes & TPMA_NV_OWNERREAD) != 0 && sizeOf2B(OWNER_AUTH) == 0;
  if (!load<u8>(STARTED)) {
    // As it will be after the next TPM2_Startup, which may make what these two have unreadable.
    return (attributes & (TPMA_NV_ORDERLY | TPMA_NV_CLEAR_STCLEAR)) == 0 && (byAuth || byOwner);
  }
  if (!isIndexAccessible(entryHandle(index))) return false;
  const byPlatform = (attributes & TPMA_NV_PPREAD) != 0 && load<u8>(PH_ENABLE) != 0 && sizeOf2B(PLATFORM_AUTH) == 0;
  return byAuth || (byOwner && load<u8>(SH_ENABLE) != 0) || byPlatform;
}
