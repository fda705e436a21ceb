// MGF1 (RFC 8017, appendix B.2.1) and KDF2 (ISO/IEC 18033-2, 6.2.3): a mask from a seed,
//   block(i) = H(seed || i), i as a 32-bit big-endian number from 0 (MGF1) or 1 (KDF2) on.
import { storeBigEndian32, wipe } from "./bytes";
import { HASH_CONTEXT_SIZE, MAX_DIGEST_SIZE, hashDigestSize, hashFinal, hashInit, hashUpdate } from "./hash";

const context: usize = memory.data(224, 16);
const digest: usize = memory.data(64, 16);
const counter: usize = memory.data(4, 4);

if (HASH_CONTEXT_SIZE > 224 || MAX_DIGEST_SIZE > 64) ERROR("hash contexts or digests have grown");

/**
 * data ^= MGF1(seed) for `size` bytes; over zeros it is the mask itself. Seed and data must not overlap.
 * @returns false, with `data` as it was, for an unknown hash algorithm.
 */
export function mgf1Xor(algorithm: u32, seed: usize, seedSize: u32, data: usize, size: u32): bool {
  return xorMask(algorithm, seed, seedSize, data, size, 0);
}

/** data ^= KDF2(seed); otherwise as mgf1Xor. */
export function kdf2Xor(algorithm: u32, seed: usize, seedSize: u32, data: usize, size: u32): bool {
  return xorMask(algorithm, seed, seedSize, data, size, 1);
}

function xorMask(algorithm: u32, seed: usize, seedSize: u32, data: usize, size: u32, first: u32): bool {
  if (hashDigestSize(algorithm) == 0) return false;
  for (let block = first; size > 0; block++) {
    hashInit(context, algorithm);
    hashUpdate(context, seed, seedSize);
    storeBigEndian32(counter, block);
    hashUpdate(context, counter, 4);
    const piece = min(hashFinal(context, digest), size);
    for (let i: u32 = 0; i < piece; i++) store<u8>(data + i, load<u8>(data + i) ^ load<u8>(digest + i));
    data += piece;
    size -= piece;
  }
  wipe(digest, MAX_DIGEST_SIZE);
  return true;
}
