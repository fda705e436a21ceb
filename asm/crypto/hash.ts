// Hashing by algorithm number (FIPS 180-4, FIPS 202, SM3), in contexts of plain memory that can be copied away and back
// at any time.
//
// Context (HASH_CONTEXT_SIZE bytes, no pointers in it):
//   0   u32  algorithm
//   4   u32  bytes in the block that is being filled, always fewer than a block
//   8   u64  bytes hashed so far, the waiting ones included
//   16       chaining value in native words, at most 64 bytes
//   80       block, at most 128 bytes
// SHA-3 has the Keccak state of 200 bytes in place of chaining value and block: input is added to it as it comes.
import {
  ALG_SHA1,
  ALG_SHA256,
  ALG_SHA384,
  ALG_SHA3_256,
  ALG_SHA3_384,
  ALG_SHA3_512,
  ALG_SHA512,
  ALG_SM3_256,
} from "./algorithms";
import { storeBigEndian32, storeBigEndian64, wipe } from "./bytes";
import { sha1Compress, sha1Init } from "./sha1";
import { sha256Compress, sha256Init } from "./sha256";
import { KECCAK_STATE_SIZE, keccakPermute, sha3Absorb, sha3AddBytes, sha3BlockSize, sha3Finish } from "./sha3";
import { sha384Init, sha512Compress, sha512Init } from "./sha512";
import { sm3Compress, sm3Init } from "./sm3";

export const HASH_CONTEXT_SIZE: u32 = 224;
export const MAX_DIGEST_SIZE: u32 = 64;
export const MAX_HASH_BLOCK_SIZE: u32 = 136;

const ALGORITHM: usize = 0;
const WAITING: usize = 4;
const TOTAL: usize = 8;
const STATE: usize = 16;
const BLOCK: usize = 80;

if (STATE + KECCAK_STATE_SIZE > HASH_CONTEXT_SIZE) ERROR("the Keccak state does not fit a hash context");

const oneShot: usize = memory.data(224, 16);

/** Bytes of a digest; 0 when `algorithm` is no hash that is implemented here. */
export function hashDigestSize(algorithm: u32): u32 {
  switch (algorithm) {
    case ALG_SHA1:
      return 20;
    case ALG_SHA256:
    case ALG_SM3_256:
    case ALG_SHA3_256:
      return 32;
    case ALG_SHA384:
    case ALG_SHA3_384:
      return 48;
    case ALG_SHA512:
    case ALG_SHA3_512:
      return 64;
    default:
      return 0;
  }
}

/** Bytes of an input block; 0 when `algorithm` is no hash that is implemented here. */
export function hashBlockSize(algorithm: u32): u32 {
  switch (algorithm) {
    case ALG_SHA1:
    case ALG_SHA256:
    case ALG_SM3_256:
      return 64;
    case ALG_SHA384:
    case ALG_SHA512:
      return 128;
    default:
      return sha3BlockSize(algorithm);
  }
}

/** The algorithm a context was made for; 0 once it is finished or wiped. */
export function hashAlgorithm(context: usize): u32 {
  return load<u32>(context, ALGORITHM);
}

/** Starts a hash. Returns false, and leaves a wiped context, when `algorithm` is no hash that is implemented here. */
export function hashInit(context: usize, algorithm: u32): bool {
  wipe(context, HASH_CONTEXT_SIZE);
  switch (algorithm) {
    case ALG_SHA1:
      sha1Init(context + STATE);
      break;
    case ALG_SHA256:
      sha256Init(context + STATE);
      break;
    case ALG_SHA384:
      sha384Init(context + STATE);
      break;
    case ALG_SHA512:
      sha512Init(context + STATE);
      break;
    case ALG_SM3_256:
      sm3Init(context + STATE);
      break;
    case ALG_SHA3_256:
    case ALG_SHA3_384:
    case ALG_SHA3_512:
      // The state is zeros (FIPS 202, 4).
      break;
    default:
      return false;
  }
  store<u32>(context, algorithm, ALGORITHM);
  return true;
}

function compress(context: usize, data: usize, blocks: u32): void {
  const algorithm = load<u32>(context, ALGORITHM);
  if (algorithm == ALG_SHA256) sha256Compress(context + STATE, data, blocks);
  else if (algorithm == ALG_SHA1) sha1Compress(context + STATE, data, blocks);
  else if (algorithm == ALG_SM3_256) sm3Compress(context + STATE, data, blocks);
  else sha512Compress(context + STATE, data, blocks);
}

function isSha3(algorithm: u32): bool {
  return sha3BlockSize(algorithm) != 0;
}

/** hashUpdate of SHA-3. */
function absorb(context: usize, blockSize: u32, data: usize, size: u32): void {
  const state = context + STATE;
  let used = load<u32>(context, WAITING);
  if (used != 0) {
    const part = min(blockSize - used, size);
    sha3AddBytes(state, used, data, part);
    used += part;
    data += part;
    size -= part;
    if (used == blockSize) {
      keccakPermute(state);
      used = 0;
    }
  }
  // Either the block is empty now, or the message at its end.
  const blocks = size / blockSize;
  sha3Absorb(state, data, blocks, blockSize);
  const rest = size - blocks * blockSize;
  sha3AddBytes(state, used, data + blocks * blockSize, rest);
  store<u32>(context, used + rest, WAITING);
}

/** Adds `size` bytes (0 is allowed) to the message. */
export function hashUpdate(context: usize, data: usize, size: u32): void {
  const algorithm = load<u32>(context, ALGORITHM);
  const blockSize = hashBlockSize(algorithm);
  if (blockSize == 0 || size == 0) return;
  const waiting = load<u32>(context, WAITING);
  store<u64>(context, load<u64>(context, TOTAL) + size, TOTAL);
  if (isSha3(algorithm)) {
    absorb(context, blockSize, data, size);
    return;
  }
  if (waiting != 0) {
    const room = blockSize - waiting;
    if (size < room) {
      memory.copy(context + BLOCK + waiting, data, size);
      store<u32>(context, waiting + size, WAITING);
      return;
    }
    memory.copy(context + BLOCK + waiting, data, room);
    compress(context, context + BLOCK, 1);
    data += room;
    size -= room;
  }
  const rest = size & (blockSize - 1);
  if (size > rest) compress(context, data, (size - rest) / blockSize);
  memory.copy(context + BLOCK, data + (size - rest), rest);
  store<u32>(context, rest, WAITING);
}

/** Writes the digest (hashDigestSize bytes) and wipes the context. Returns the size of the digest. */
export function hashFinal(context: usize, digest: usize): u32 {
  const algorithm = load<u32>(context, ALGORITHM);
  const digestSize = hashDigestSize(algorithm);
  const blockSize = hashBlockSize(algorithm);
  if (digestSize == 0) return 0;
  if (isSha3(algorithm)) {
    sha3Finish(context + STATE, load<u32>(context, WAITING), blockSize);
    memory.copy(digest, context + STATE, digestSize);
    wipe(context, HASH_CONTEXT_SIZE);
    return digestSize;
  }
  const total = load<u64>(context, TOTAL);
  const block = context + BLOCK;
  // One 1 bit, zeros, and the length in bits in the last eighth of a block (5.1).
  const lengthSize = blockSize >>> 3;
  let used = load<u32>(context, WAITING);
  store<u8>(block + used, 0x80);
  used++;
  if (used > blockSize - lengthSize) {
    memory.fill(block + used, 0, blockSize - used);
    compress(context, block, 1);
    used = 0;
  }
  memory.fill(block + used, 0, blockSize - used);
  if (lengthSize == 16) storeBigEndian64(block + blockSize - 16, total >>> 61);
  storeBigEndian64(block + blockSize - 8, total << 3);
  compress(context, block, 1);
  const state = context + STATE;
  if (blockSize == 64) {
    for (let i: u32 = 0; i < digestSize; i += 4) storeBigEndian32(digest + i, load<u32>(state + i));
  } else {
    for (let i: u32 = 0; i < digestSize; i += 8) storeBigEndian64(digest + i, load<u64>(state + i));
  }
  wipe(context, HASH_CONTEXT_SIZE);
  return digestSize;
}

/** The digest of one piece of memory; `digest` may overlap `data`. Returns its size, 0 for an unknown algorithm. */
export function hash(algorithm: u32, data: usize, size: u32, digest: usize): u32 {
  if (!hashInit(oneShot, algorithm)) return 0;
  hashUpdate(oneShot, data, size);
  return hashFinal(oneShot, digest);
}
