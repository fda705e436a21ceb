// Block ciphers by algorithm number: keys, and single blocks for the modes (modes.ts), CMAC and the DRBG.
//
// Context (CIPHER_CONTEXT_SIZE bytes, no pointers in it):
//   0   u32  algorithm
//   4   u32  rounds; of Camellia, groups of rounds
//   8   u32  1 when the decryption schedule is there; it is made when first needed, as CFB, OFB and CTR never need it
//   12  u32  bytes of a block
//   16       encryption schedule, at most 240 bytes
//   256      decryption schedule, at most 240 bytes
// Only AES has a decryption schedule: the others go backwards through their one, which may fill both places.
import { ALG_AES, ALG_CAMELLIA, ALG_SM4, ALG_TDES } from "./algorithms";
import {
  aesDecryptBlock,
  aesDecryptFour,
  aesEncryptBlock,
  aesEncryptFour,
  aesExpandKey,
  aesInvertSchedule,
  aesRounds,
} from "./aes";
import { wipe } from "./bytes";
import {
  CAMELLIA_SCHEDULE_SIZE,
  camelliaDecryptBlock,
  camelliaEncryptBlock,
  camelliaExpandKey,
  camelliaGroups,
} from "./camellia";
import { SM4_SCHEDULE_SIZE, sm4DecryptBlock, sm4EncryptBlock, sm4ExpandKey } from "./sm4";
import { TDES_SCHEDULE_SIZE, tdesDecryptBlock, tdesEncryptBlock, tdesExpandKey } from "./tdes";

export const CIPHER_CONTEXT_SIZE: u32 = 512;
export const MAX_CIPHER_BLOCK_SIZE: u32 = 16;
/** So many blocks go through a cipher together at most. */
export const CIPHER_TOGETHER: u32 = 4;
/** Bytes of the longest key. */
export const MAX_CIPHER_KEY_SIZE: u32 = 32;

const ALGORITHM: usize = 0;
const ROUNDS: usize = 4;
const HAS_DECRYPTION: usize = 8;
const BLOCK_SIZE: usize = 12;
const ENCRYPTION: usize = 16;
const DECRYPTION: usize = 256;

if (ENCRYPTION + max(max(CAMELLIA_SCHEDULE_SIZE, SM4_SCHEDULE_SIZE), TDES_SCHEDULE_SIZE) > CIPHER_CONTEXT_SIZE) {
  ERROR("a key schedule does not fit a cipher context");
}

/** Bytes of a block; 0 when the cipher, or this key size of it, is not implemented here. */
export function cipherBlockSize(algorithm: u32, keyBits: u32): u32 {
  switch (algorithm) {
    case ALG_AES:
      return aesRounds(keyBits) != 0 ? 16 : 0;
    case ALG_CAMELLIA:
      return camelliaGroups(keyBits) != 0 ? 16 : 0;
    case ALG_SM4:
      return keyBits == 128 ? 16 : 0;
    case ALG_TDES:
      return keyBits == 128 || keyBits == 192 ? 8 : 0;
    default:
      return 0;
  }
}

/**
 * Sets a key of keyBits / 8 bytes. Wipe the context when the key is no longer needed.
 * @returns false, with the context wiped, when the cipher or the key size is not implemented here.
 */
export function cipherInit(context: usize, algorithm: u32, key: usize, keyBits: u32): bool {
  wipe(context, CIPHER_CONTEXT_SIZE);
  const blockSize = cipherBlockSize(algorithm, keyBits);
  if (blockSize == 0) return false;
  store<u32>(context, algorithm, ALGORITHM);
  store<u32>(context, blockSize, BLOCK_SIZE);
  if (algorithm == ALG_AES) {
    store<u32>(context, aesRounds(keyBits), ROUNDS);
    aesExpandKey(context + ENCRYPTION, key, keyBits);
  } else if (algorithm == ALG_CAMELLIA) {
    store<u32>(context, camelliaGroups(keyBits), ROUNDS);
    camelliaExpandKey(context + ENCRYPTION, key, keyBits);
  } else if (algorithm == ALG_SM4) {
    sm4ExpandKey(context + ENCRYPTION, key);
  } else {
    tdesExpandKey(context + ENCRYPTION, key, keyBits);
  }
  return true;
}

/** Bytes of a block of the cipher in a context. Traps when there is no key in it: data must not pass unencrypted. */
@inline
export function contextBlockSize(context: usize): u32 {
  const blockSize = load<u32>(context, BLOCK_SIZE);
  if (blockSize == 0) unreachable();
  return blockSize;
}

/** Encrypts one block; `output` may be `input`. */
@inline
export function cipherEncryptBlock(context: usize, input: usize, output: usize): void {
  if (load<u32>(context, ALGORITHM) == ALG_AES) {
    aesEncryptBlock(context + ENCRYPTION, load<u32>(context, ROUNDS), input, output);
  } else {
    encryptOther(context, input, output);
  }
}

function encryptOther(context: usize, input: usize, output: usize): void {
  const algorithm = load<u32>(context, ALGORITHM);
  const schedule = context + ENCRYPTION;
  if (algorithm == ALG_CAMELLIA) camelliaEncryptBlock(schedule, load<u32>(context, ROUNDS), input, output);
  else if (algorithm == ALG_SM4) sm4EncryptBlock(schedule, input, output);
  else tdesEncryptBlock(schedule, input, output);
}

/**
 * Encrypts `count` blocks, at most CIPHER_TOGETHER, in place and each by itself. The area has room for CIPHER_TOGETHER:
 * what lies behind the blocks is lost.
 */
export function cipherEncryptBlocks(context: usize, blocks: usize, count: u32): void {
  const blockSize = load<u32>(context, BLOCK_SIZE);
  if (count > 1 && load<u32>(context, ALGORITHM) == ALG_AES) {
    aesEncryptFour(context + ENCRYPTION, load<u32>(context, ROUNDS), blocks);
    return;
  }
  for (; count > 0; count--, blocks += blockSize) cipherEncryptBlock(context, blocks, blocks);
}

/** Must be called once before {@link cipherDecryptBlocks}. */
export function cipherPrepareDecryption(context: usize): void {
  if (load<u32>(context, ALGORITHM) != ALG_AES || load<u32>(context, HAS_DECRYPTION) != 0) return;
  aesInvertSchedule(context + DECRYPTION, context + ENCRYPTION, load<u32>(context, ROUNDS));
  store<u32>(context, 1, HAS_DECRYPTION);
}

/** Decrypts blocks as {@link cipherEncryptBlocks} encrypts them. */
export function cipherDecryptBlocks(context: usize, blocks: usize, count: u32): void {
  if (load<u32>(context, ALGORITHM) == ALG_AES) {
    const rounds = load<u32>(context, ROUNDS);
    if (count == 1) aesDecryptBlock(context + DECRYPTION, rounds, blocks);
    else if (count > 1) aesDecryptFour(context + DECRYPTION, rounds, blocks);
    return;
  }
  const blockSize = load<u32>(context, BLOCK_SIZE);
  for (; count > 0; count--, blocks += blockSize) decryptOther(context, blocks);
}

function decryptOther(context: usize, block: usize): void {
  const algorithm = load<u32>(context, ALGORITHM);
  const schedule = context + ENCRYPTION;
  if (algorithm == ALG_CAMELLIA) camelliaDecryptBlock(schedule, load<u32>(context, ROUNDS), block, block);
  else if (algorithm == ALG_SM4) sm4DecryptBlock(schedule, block, block);
  else tdesDecryptBlock(schedule, block, block);
}
