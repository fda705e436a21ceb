// Saved contexts: how they are protected (Part 1, 30; Part 2, 14). A TPMS_CONTEXT is
//
//   8 sequence   4 savedHandle   4 hierarchy   TPM2B contextBlob: TPM2B integrity, then encrypted: 8 sequence, content
//
// Integrity is HMAC-SHA-512 with the proof of the hierarchy; the content is encrypted with AES-256-CFB under a key and
// IV that KDFa makes from the proof, sequence and handle, so that every context has its own.
import { TPM_ALG_AES, TPM_ALG_SHA512 } from "../../generated/constants";
import {
  bytesOf2B,
  equalBytes,
  MAX_CONTEXT_SIZE,
  MAX_SYM_BLOCK_SIZE,
  put16,
  put32,
  put64,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import {
  cfbDecrypt,
  cfbEncrypt,
  hashUpdate,
  hmacFinal,
  hmacStart,
  kdfaKeyed,
  LABEL_CONTEXT,
} from "../algorithms/index";
import { SESSION_SIZE } from "../authorization/index";
import { OBJECT_END, SAVED_ST_CLEAR, SEQUENCE_END } from "../objects/index";
import { hierarchyProof } from "../platform/index";
import { CLEAR_COUNT, HASH_STATE_ROOM, TOTAL_RESET_COUNT } from "../state/index";

export const CONTEXT_KEY_BITS: u32 = 256;
/** Sequence, handle, hierarchy and the size of the blob; the integrity value; the copy of the sequence. */
const OVERHEAD: u32 = 8 + 4 + 4 + 2 + (2 + 64) + 8;

/** TPM_PT_MAX_SESSION_CONTEXT: bytes of the TPMS_CONTEXT of a session. */
export const SESSION_CONTEXT_SIZE: u32 = OVERHEAD + SESSION_SIZE;
/** TPM_PT_MAX_OBJECT_CONTEXT: the most bytes that the TPMS_CONTEXT of an object or sequence has. */
export const OBJECT_CONTEXT_SIZE: u32 = OVERHEAD + max(OBJECT_END, SEQUENCE_END);
if (max(OBJECT_END, SEQUENCE_END) > MAX_CONTEXT_SIZE) ERROR("a saved object could not be loaded again");

/** TPM2B_DIGEST with the integrity value, at the start of the blob. */
export const CONTEXT_INTEGRITY: u32 = 2 + 64;
/** The copy of the sequence, first in the encrypted part. */
export const CONTEXT_FINGERPRINT: u32 = 8;

/** Encrypts a blob in place and fills in its integrity value. */
export function protectContext(sequence: u64, savedHandle: u32, hierarchy: u32, blob: usize, size: u32): void {
  const mark = scratchMark();
  const proof = keyedByProof(hierarchy);
  crypt(proof, sequence, savedHandle, blob, size, true);
  put16(blob, CONTEXT_INTEGRITY - 2);
  integrity(proof, sequence, savedHandle, blob, size, blob + 2);
  scratchRelease(mark);
}

/** Decrypts a blob in place, if its integrity value is right. Returns whether it was. */
export function openContext(sequence: u64, savedHandle: u32, hierarchy: u32, blob: usize, size: u32): bool {
  const mark = scratchMark();
  const proof = keyedByProof(hierarchy);
  const value = scratchTake(CONTEXT_INTEGRITY - 2);
  integrity(proof, sequence, savedHandle, blob, size, value);
  const intact = equalBytes(value, blob + 2, CONTEXT_INTEGRITY - 2);
  if (intact) crypt(proof, sequence, savedHandle, blob, size, false);
  scratchRelease(mark);
  return intact;
}

/** The state of an HMAC whose key is the proof of the hierarchy: both uses of the key begin with it. */
function keyedByProof(hierarchy: u32): usize {
  const proof = hierarchyProof(hierarchy);
  const state = scratchTake(HASH_STATE_ROOM);
  hmacStart(TPM_ALG_SHA512, state, bytesOf2B(proof), sizeOf2B(proof));
  return state;
}

/**
 * HMAC over what makes the context valid: the number of TPM Resets (after one no context can be loaded), the number of
 * TPM Restarts for objects with stClear, sequence, handle, and the encrypted part.
 */
function integrity(proof: usize, sequence: u64, savedHandle: u32, blob: usize, size: u32, out: usize): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const numbers = scratchTake(24);
  put64(numbers, load<u64>(TOTAL_RESET_COUNT));
  put64(numbers + 8, sequence);
  put32(numbers + 16, savedHandle);
  put32(numbers + 20, savedHandle == SAVED_ST_CLEAR ? load<u32>(CLEAR_COUNT) : 0);
  memory.copy(state, proof, HASH_STATE_ROOM);
  hashUpdate(state, numbers, 24);
  hashUpdate(state, blob + CONTEXT_INTEGRITY, size - CONTEXT_INTEGRITY);
  hmacFinal(state, out);
  scratchRelease(mark);
}

function crypt(proof: usize, sequence: u64, savedHandle: u32, blob: usize, size: u32, encrypt: bool): void {
  const mark = scratchMark();
  const numbers = scratchTake(12);
  const material = scratchTake((CONTEXT_KEY_BITS >> 3) + MAX_SYM_BLOCK_SIZE);
  const bits = CONTEXT_KEY_BITS + (MAX_SYM_BLOCK_SIZE << 3);
  put64(numbers, sequence);
  put32(numbers + 8, savedHandle);
  kdfaKeyed(proof, LABEL_CONTEXT, numbers, 8, numbers + 8, 4, bits, material);
  const iv = material + (CONTEXT_KEY_BITS >> 3);
  const data = blob + CONTEXT_INTEGRITY;
  if (encrypt) cfbEncrypt(TPM_ALG_AES, material, CONTEXT_KEY_BITS, iv, data, size - CONTEXT_INTEGRITY);
  else cfbDecrypt(TPM_ALG_AES, material, CONTEXT_KEY_BITS, iv, data, size - CONTEXT_INTEGRITY);
  scratchRelease(mark);
}
