// The permanent state as one blob. What lies between head and integrity value is canonical: big-endian, no padding, one
// encoding per state (blobFields.ts). Magic, version and size are where they are in every version, and the last 32
// octets depend on all before them.
//
//   version 1   8 magic   4 version   4 size of the whole blob   fields, the NV store among them   32 integrity
//   version 2   8 magic   4 version   4 size of the whole blob   4 size of the NV store   other fields   NV store
//               32 integrity
//   version 3   as version 2, of a TPM that has seeds from libtpms: the field PROFILE says how their keys are made
//
// Integrity of version 1: SHA-256 over everything before it. Of version 2: SHA-256 over everything before the NV store
// and the SHA-256 of each 2048 octets of it, the last of which may be fewer. So a commit hashes of a large store what
// changed. The two sizes in the head say which octets are which, so no two blobs have the same input. What is loaded
// may be of any version; what is saved is of version 2 where that can say it, so that an older core takes it, else of 3.
import { TPM_ALG_SHA256 } from "../../generated/constants";
import {
  equalBytes,
  get32,
  get64,
  put32,
  put64,
  scratchMark,
  scratchRelease,
  scratchTake,
  STATE_BUFFER_SIZE,
  stateBuffer,
  transferUsed,
  wipeTransfer,
} from "../../base/index";
import { hashFinal, hashStart, hashUpdate, hasLibtpmsDerivation, PROFILE_MASK } from "../algorithms/index";
import { HASH_STATE_ROOM, nvUsed, STATE, STATE_SIZE } from "../state/index";
import { CHECK, LOAD, SAVE, walkFields } from "./blobFields";
import { hashRun, hashStore, keepDigests, nvDigests } from "./nvDigests";

const MAGIC: u64 = 0x5441_4254_504d_3230; // "TABTPM20"
/** The NV store lies among the fields, and the integrity value is one hash. */
const WHOLE: u32 = 1;
/** The NV store lies behind the fields, and is hashed in chunks. */
const CHUNKED: u32 = 2;
/** The same, with libtpms' derivations. */
const DERIVING: u32 = 3;
const INTEGRITY: u32 = 32;
const NV_SIZE_AT: usize = 16;

export const LOADED: u32 = 0;
export const DAMAGED: u32 = 1;
export const NEWER: u32 = 2;
export const TOO_LARGE: u32 = 3;

/** Bytes before the fields. */
function headerSize(version: u32): u32 {
  return version == WHOLE ? 16 : 20;
}

/** Writes the blob to stateBuffer; returns its size. */
export function saveBlob(): u32 {
  return save(hasLibtpmsDerivation() ? DERIVING : CHUNKED);
}

/**
 * Writes to `out` the 32 octets by which a volatile state knows the permanent one that it goes with: the integrity value
 * of a blob of version 1, whatever the version that is stored. Uses stateBuffer.
 */
export function writeFingerprint(out: usize): void {
  const size = save(WHOLE);
  memory.copy(out, stateBuffer + size - INTEGRITY, INTEGRITY);
  wipeTransfer();
}

function save(version: u32): u32 {
  put64(stateBuffer, MAGIC);
  put32(stateBuffer + 8, version);
  const from = stateBuffer + headerSize(version);
  const end = walkFields(SAVE, version == WHOLE, nvUsed(), from, stateBuffer + STATE_BUFFER_SIZE - INTEGRITY);
  if (end == 0) unreachable();
  const size = (end - stateBuffer + INTEGRITY) as u32;
  put32(stateBuffer + 12, size);
  if (version != WHOLE) put32(stateBuffer + NV_SIZE_AT, nvUsed());
  integrity(size, nvSizeOf(version), version == WHOLE ? 0 : hashStore(), end);
  transferUsed(size);
  return size;
}

/** Takes a blob of `size` bytes from stateBuffer, or leaves everything as it was. */
export function loadBlob(size: u32): u32 {
  if (size > STATE_BUFFER_SIZE) return TOO_LARGE;
  const status = takeBlob(size);
  transferUsed(size);
  wipeTransfer();
  return status;
}

function takeBlob(size: u32): u32 {
  if (size < headerSize(WHOLE) + INTEGRITY || get64(stateBuffer) != MAGIC || get32(stateBuffer + 12) != size)
    return DAMAGED;
  const version = get32(stateBuffer + 8);
  if (version < WHOLE || !isIntact(version, size)) return DAMAGED;
  if (version > DERIVING) return NEWER;
  const from = stateBuffer + headerSize(version);
  // One encoding for each state. PROFILE is the first field.
  if (get32(from) > PROFILE_MASK != (version == DERIVING)) return DAMAGED;
  const end = stateBuffer + size - INTEGRITY;
  if (walkFields(CHECK, version == WHOLE, nvSizeOf(version), from, end) != end) return DAMAGED;
  memory.fill(STATE, 0, STATE_SIZE);
  walkFields(LOAD, version == WHOLE, nvSizeOf(version), from, end);
  if (version != WHOLE) keepDigests();
  return LOADED;
}

/** Size of the NV store as the head of the blob says; 0 where it lies among the fields. */
function nvSizeOf(version: u32): u32 {
  return version == WHOLE ? 0 : get32(stateBuffer + NV_SIZE_AT);
}

/** The integrity value is that of the octets before it. Later versions have the head and the hash of version 2. */
function isIntact(version: u32, size: u32): bool {
  if (size < headerSize(version) + INTEGRITY) return false;
  const nvSize = nvSizeOf(version);
  if (nvSize > size - headerSize(version) - INTEGRITY) return false;
  const mark = scratchMark();
  const expected = scratchTake(INTEGRITY);
  const end = stateBuffer + size - INTEGRITY;
  integrity(size, nvSize, version == WHOLE ? 0 : hashRun(end - nvSize, nvSize), expected);
  const intact = equalBytes(expected, end, INTEGRITY);
  scratchRelease(mark);
  return intact;
}

/** Of a blob of `size` bytes, the `nvSize` last of which before the integrity value are in the first `listed` bytes of nvDigests. */
function integrity(size: u32, nvSize: u32, listed: u32, out: usize): void {
  const mark = scratchMark();
  const context = scratchTake(HASH_STATE_ROOM);
  hashStart(TPM_ALG_SHA256, context);
  hashUpdate(context, stateBuffer, size - INTEGRITY - nvSize);
  hashUpdate(context, nvDigests, listed);
  hashFinal(context, out);
  scratchRelease(mark);
}
