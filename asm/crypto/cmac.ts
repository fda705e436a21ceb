// CMAC (SP 800-38B) over every cipher of cipher.ts, in contexts of plain memory.
//
// Context (CMAC_CONTEXT_SIZE bytes, no pointers in it):
//   0   u32  algorithm of the cipher; 0 = unused or finished
//   4   u32  bits of the key
//   8   u32  bytes in the block that is being filled: a full block waits, as the last one is treated differently
//   16       chaining value, with the waiting bytes already added to it
//   32       key, at most 32 bytes
// The key is there and not its schedule, so that a context is as small as possible to be saved: the schedule is made
// again by each call that has to encrypt.
import { wipe } from "./bytes";
import {
  CIPHER_CONTEXT_SIZE,
  MAX_CIPHER_BLOCK_SIZE,
  MAX_CIPHER_KEY_SIZE,
  cipherBlockSize,
  cipherEncryptBlock,
  cipherInit,
} from "./cipher";

export const CMAC_CONTEXT_SIZE: u32 = 64;

const ALGORITHM: usize = 0;
const KEY_BITS: usize = 4;
const WAITING: usize = 8;
const CHAIN: usize = 16;
const KEY: usize = 32;

const cipher: usize = memory.data(512, 16);
const subkey: usize = memory.data(16, 16);

if (KEY + MAX_CIPHER_KEY_SIZE > CMAC_CONTEXT_SIZE) ERROR("a key does not fit a CMAC context");
if (CIPHER_CONTEXT_SIZE > 512) ERROR("cipher contexts have grown");

/**
 * Starts a MAC under a key of keyBits / 8 bytes.
 * @returns false, with the context wiped, when the cipher or the key size is not implemented here.
 */
export function cmacInit(context: usize, algorithm: u32, key: usize, keyBits: u32): bool {
  wipe(context, CMAC_CONTEXT_SIZE);
  if (cipherBlockSize(algorithm, keyBits) == 0) return false;
  store<u32>(context, algorithm, ALGORITHM);
  store<u32>(context, keyBits, KEY_BITS);
  memory.copy(context + KEY, key, keyBits >>> 3);
  return true;
}

@inline
function useKey(context: usize): void {
  cipherInit(cipher, load<u32>(context, ALGORITHM), context + KEY, load<u32>(context, KEY_BITS));
}

@inline
function addByte(at: usize, byte: u8): void {
  store<u8>(at, load<u8>(at) ^ byte);
}

/** Adds `size` bytes (0 is allowed) to the message. */
export function cmacUpdate(context: usize, data: usize, size: u32): void {
  const blockSize = cipherBlockSize(load<u32>(context, ALGORITHM), load<u32>(context, KEY_BITS));
  if (blockSize == 0 || size == 0) return;
  const chain = context + CHAIN;
  let waiting = load<u32>(context, WAITING);
  const encrypts = size > blockSize - waiting;
  if (encrypts) useKey(context);
  while (size > 0) {
    if (waiting == blockSize) {
      cipherEncryptBlock(cipher, chain, chain);
      waiting = 0;
    }
    const part = min(size, blockSize - waiting);
    if (part == 16) v128.store(chain, v128.xor(v128.load(chain), v128.load(data)));
    else for (let i: u32 = 0; i < part; i++) addByte(chain + waiting + i, load<u8>(data + i));
    waiting += part;
    data += part;
    size -= part;
  }
  store<u32>(context, waiting, WAITING);
  if (encrypts) wipe(cipher, CIPHER_CONTEXT_SIZE);
}

/** Doubles `subkey` in GF(2^64) or GF(2^128) (6.1): R64 is 0x1b, R128 is 0x87. */
function double(blockSize: u32): void {
  let carry: u32 = 0;
  for (let i: u32 = blockSize; i > 0; i--) {
    const byte: u32 = load<u8>(subkey + i - 1);
    store<u8>(subkey + i - 1, ((byte << 1) | carry) as u8);
    carry = byte >>> 7;
  }
  const r: u32 = blockSize == 8 ? 0x1b : 0x87;
  store<u8>(subkey + blockSize - 1, load<u8>(subkey + blockSize - 1) ^ ((r & (0 - carry)) as u8));
}

/** Writes the MAC (a block of the cipher) and wipes the context. Returns the size of the MAC; 0 without a key. */
export function cmacFinal(context: usize, mac: usize): u32 {
  const blockSize = cipherBlockSize(load<u32>(context, ALGORITHM), load<u32>(context, KEY_BITS));
  if (blockSize == 0) return 0;
  const chain = context + CHAIN;
  const waiting = load<u32>(context, WAITING);
  useKey(context);
  wipe(subkey, MAX_CIPHER_BLOCK_SIZE);
  cipherEncryptBlock(cipher, subkey, subkey);
  double(blockSize);
  if (waiting < blockSize) {
    double(blockSize);
    addByte(chain + waiting, 0x80);
  }
  for (let i: u32 = 0; i < blockSize; i++) addByte(chain + i, load<u8>(subkey + i));
  cipherEncryptBlock(cipher, chain, chain);
  memory.copy(mac, chain, blockSize);
  wipe(subkey, MAX_CIPHER_BLOCK_SIZE);
  wipe(cipher, CIPHER_CONTEXT_SIZE);
  wipe(context, CMAC_CONTEXT_SIZE);
  return blockSize;
}
