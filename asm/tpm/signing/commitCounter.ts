// Ephemeral ECC scalars of split operations (Part 1, C.2): r is made from a secret of this TPM Reset and a counter, so
// that nothing but one bit has to be kept for each of the last 128 of them. The caller knows r by the low 16 bits of
// its counter and can use it once.
import { eccScalarFromRandom, eccSize } from "../../crypto/ecc/index";
import { TPM_ALG_SHA512 } from "../../generated/constants";
import {
  bitIsSet,
  bytesOf2B,
  MAX_DIGEST_SIZE,
  MAX_ECC_KEY_BYTES,
  put64,
  scratchMark,
  scratchRelease,
  scratchTake,
  set2B,
  setBit,
  sizeOf2B,
} from "../../base/index";
import { kdfa, LABEL_COMMIT, randomBytes } from "../algorithms/index";
import { COMMIT_ARRAY, COMMIT_COUNTER, COMMIT_NONCE, MAX_PENDING_COMMITS } from "../state/index";

const INDEX_MASK: u32 = MAX_PENDING_COMMITS - 1;

/** At TPM Reset no scalar is pending, and those to come have nothing to do with the earlier ones. */
export function commitStartup(keepReset: bool): void {
  if (keepReset) return;
  forgetCommits();
  store<u64>(COMMIT_COUNTER, 0);
}

/**
 * No scalar is pending any more, and none comes again: not even in a TPM that goes on from the same state. Two
 * signatures with one scalar would give the key away.
 */
export function forgetCommits(): void {
  const mark = scratchMark();
  const nonce = scratchTake(MAX_DIGEST_SIZE);
  randomBytes(nonce, MAX_DIGEST_SIZE);
  set2B(COMMIT_NONCE, nonce, MAX_DIGEST_SIZE);
  memory.fill(COMMIT_ARRAY, 0, MAX_PENDING_COMMITS >> 3);
  scratchRelease(mark);
}

/**
 * r of the next counter, eccSize(curve) bytes at `r`. It counts only with commit().
 * @param name TPM2B_NAME of the key that it belongs to; 0 for none
 */
export function nextCommitScalar(curve: u32, name: usize, r: usize): void {
  deriveScalar(load<u64>(COMMIT_COUNTER), curve, name, r);
}

/**
 * r of a counter that commit() gave out, eccSize(curve) bytes at `r`, for the same curve and Name.
 * @returns false when that counter is not pending: never given out, used, or more than 128 ago.
 */
export function pendingCommitScalar(counter: u32, curve: u32, name: usize, r: usize): bool {
  if (!bitIsSet(COMMIT_ARRAY, counter & INDEX_MASK)) return false;
  let full = load<u64>(COMMIT_COUNTER);
  // The last one with this index: of the round of 128 that is going on, or of the round before.
  if ((counter & INDEX_MASK) >= ((full as u32) & INDEX_MASK)) full -= MAX_PENDING_COMMITS;
  if ((((full as u32) ^ counter) & 0xffff & ~INDEX_MASK) != 0) return false;
  deriveScalar((full & ~0xffff) | (counter as u64), curve, name, r);
  return true;
}

/** The scalar of nextCommitScalar was used: it is pending. Call nullifyShutdown() before. @returns its counter. */
export function commit(): u32 {
  const counter = load<u64>(COMMIT_COUNTER);
  store<u64>(COMMIT_COUNTER, counter + 1);
  setBit(COMMIT_ARRAY, (counter as u32) & INDEX_MASK, true);
  return (counter as u32) & 0xffff;
}

/** The pending scalar was used and can't be again. Call nullifyShutdown() before. */
export function endCommit(counter: u32): void {
  setBit(COMMIT_ARRAY, counter & INDEX_MASK, false);
}

/** From KDFa(commitNonce, "COMMIT", Name, counter), by extra random bits: uniform whatever the order of the curve. */
function deriveScalar(counter: u64, curve: u32, name: usize, r: usize): void {
  const size = eccSize(curve) + 8;
  const mark = scratchMark();
  const count = scratchTake(8);
  const bytes = scratchTake(MAX_ECC_KEY_BYTES + 8);
  put64(count, counter);
  kdfa(
    TPM_ALG_SHA512,
    bytesOf2B(COMMIT_NONCE),
    sizeOf2B(COMMIT_NONCE),
    LABEL_COMMIT,
    name == 0 ? count : bytesOf2B(name),
    name == 0 ? 0 : sizeOf2B(name),
    count,
    8,
    size << 3,
    bytes,
  );
  eccScalarFromRandom(curve, bytes, r);
  scratchRelease(mark);
}
