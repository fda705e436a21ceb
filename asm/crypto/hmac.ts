// HMAC (RFC 2104, FIPS 198-1) over every hash of hash.ts, in contexts of plain memory.
//
// Context (HMAC_CONTEXT_SIZE bytes): the inner and the outer hash, each after the block with the key. A keyed context
// may therefore be copied and used many times, which saves two compressions each time; and what only adds to a
// message may call hashUpdate on it, because the inner hash lies first.
import { wipe } from "./bytes";
import { HASH_CONTEXT_SIZE, hash, hashBlockSize, hashFinal, hashInit, hashUpdate } from "./hash";

export const HMAC_CONTEXT_SIZE: u32 = 448;

const OUTER: usize = 224;

const keyBlock: usize = memory.data(256, 16);
const innerDigest: usize = memory.data(64, 16);

function xorKeyBlock(size: u32, pad: u32): void {
  for (let i: u32 = 0; i < size; i++) store<u8>(keyBlock + i, load<u8>(keyBlock + i) ^ (pad as u8));
}

/** Starts a MAC; a key of any size, 0 too. Returns false when `algorithm` is no hash that is implemented here. */
export function hmacInit(context: usize, algorithm: u32, key: usize, keySize: u32): bool {
  const blockSize = hashBlockSize(algorithm);
  if (!hashInit(context, algorithm)) {
    wipe(context + OUTER, HASH_CONTEXT_SIZE);
    return false;
  }
  hashInit(context + OUTER, algorithm);
  memory.fill(keyBlock, 0, blockSize);
  if (keySize > blockSize) hash(algorithm, key, keySize, keyBlock);
  else memory.copy(keyBlock, key, keySize);
  xorKeyBlock(blockSize, 0x36);
  hashUpdate(context, keyBlock, blockSize);
  xorKeyBlock(blockSize, 0x36 ^ 0x5c);
  hashUpdate(context + OUTER, keyBlock, blockSize);
  wipe(keyBlock, blockSize);
  return true;
}

/** Adds `size` bytes (0 is allowed) to the message. */
export function hmacUpdate(context: usize, data: usize, size: u32): void {
  hashUpdate(context, data, size);
}

/** Writes the MAC (hashDigestSize bytes) and wipes the context. Returns the size of the MAC. */
export function hmacFinal(context: usize, mac: usize): u32 {
  const size = hashFinal(context, innerDigest);
  hashUpdate(context + OUTER, innerDigest, size);
  wipe(innerDigest, size);
  return hashFinal(context + OUTER, mac);
}
