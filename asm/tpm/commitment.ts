// Commitments (Part 1, C.2): secret scalars that TPM2_Commit and TPM2_EC_Ephemeral make under a counter, and that a later
// command uses up. The scalars are not kept: each is derived from its counter, and one bit of 128 says whether it is
// still there to be used. A counter that is 128 or more behind has given its bit to a later one.
import { eccScalarFromRandom, eccSize } from "../crypto/ecc/index";
import { TPM_ALG_SHA512 } from "../generated/constants";
import { bitIsSet, bytesOf2B, put16, put64, setBit, sizeOf2B } from "./bytes";
import { kdfa, LABEL_COMMIT } from "./digest";
import { MAX_DIGEST_SIZE, MAX_ECC_KEY_BYTES } from "./limits";
import { scratchMark, scratchRelease, scratchTake } from "./memory";
import { nullifyShutdown } from "./orderly";
import { randomBytes } from "./random";
import { COMMIT_ARRAY, COMMIT_COUNTER, COMMIT_NONCE } from "./state";

/** Bits of COMMIT_ARRAY: TPM_PT_SPLIT_MAX. */
const INDEX_MASK: u32 = 127;

/** TPM Reset: earlier commitments are void. */
export function startCommitments(): void {
  put16(COMMIT_NONCE, MAX_DIGEST_SIZE);
  randomBytes(bytesOf2B(COMMIT_NONCE), MAX_DIGEST_SIZE);
  store<u64>(COMMIT_COUNTER, 0);
  memory.fill(COMMIT_ARRAY, 0, 16);
}

/** Extra random bits, so that the scalar is uniform whatever the order of the curve. */
function derive(counter: u64, curve: u32, name: usize, scalar: usize): void {
  const size = eccSize(curve) + 8;
  const mark = scratchMark();
  const wire = scratchTake(8);
  const bytes = scratchTake(MAX_ECC_KEY_BYTES + 8);
  put64(wire, counter);
  kdfa(
    TPM_ALG_SHA512,
    bytesOf2B(COMMIT_NONCE),
    sizeOf2B(COMMIT_NONCE),
    LABEL_COMMIT,
    name == 0 ? 0 : bytesOf2B(name),
    name == 0 ? 0 : sizeOf2B(name),
    wire,
    8,
    size << 3,
    bytes,
  );
  eccScalarFromRandom(curve, bytes, scalar);
  scratchRelease(mark);
}

/**
 * The scalar (eccSize(curve) bytes) of the next commitment, which takeCommitment then makes. `name`: TPM2B_NAME of the key
 * that it is for, 0 for none.
 */
export function nextCommitmentScalar(curve: u32, name: usize, scalar: usize): void {
  derive(load<u64>(COMMIT_COUNTER), curve, name, scalar);
}

/** Makes the next commitment. @returns the 16 bits of the counter under which it is to be used. */
export function takeCommitment(): u32 {
  nullifyShutdown();
  const counter = load<u64>(COMMIT_COUNTER);
  store<u64>(COMMIT_COUNTER, counter + 1);
  setBit(COMMIT_ARRAY, (counter as u32) & INDEX_MASK, true);
  return (counter & 0xffff) as u32;
}

/** The scalar of an earlier commitment; false when there is none with this counter, or it was used up. */
export function commitmentScalar(count: u32, curve: u32, name: usize, scalar: usize): bool {
  const index = count & INDEX_MASK;
  if (!bitIsSet(COMMIT_ARRAY, index)) return false;
  let counter = load<u64>(COMMIT_COUNTER);
  if (index >= ((counter as u32) & INDEX_MASK)) counter -= INDEX_MASK + 1;
  counter = (counter & ~(INDEX_MASK as u64)) | index;
  if ((counter & 0xffff) != count) return false;
  derive(counter, curve, name, scalar);
  return true;
}

/** The commitment was used: a second time would give the key away. */
export function endCommitment(count: u32): void {
  nullifyShutdown();
  setBit(COMMIT_ARRAY, count & INDEX_MASK, false);
}
