// CTR_DRBG (SP 800-90A rev 1, 10.2.1) with AES-256, the derivation function (10.3.2) and a 128-bit counter; security
// strength 256 bits. Entropy comes from the caller, who also decides when to reseed: prediction resistance is
// drbgReseed before drbgGenerate.
//
// Context (DRBG_CONTEXT_SIZE bytes, no pointers in it; many may live side by side):
//   0   Key, 32 bytes
//   32  V, 16 bytes
//   48  u64  reseed_counter; 0 = not instantiated
import { ALG_AES } from "./algorithms";
import { loadBigEndian64, storeBigEndian32, storeBigEndian64, wipe } from "./bytes";
import { CIPHER_CONTEXT_SIZE, CIPHER_TOGETHER, cipherEncryptBlock, cipherEncryptBlocks, cipherInit } from "./cipher";

export const DRBG_CONTEXT_SIZE: u32 = 64;
/** Entropy input is at least the security strength (8.6.3, table 3). */
export const DRBG_MIN_ENTROPY_SIZE: u32 = 32;
/** max_number_of_bits_per_request is 2^19 (table 3). */
export const DRBG_MAX_REQUEST_SIZE: u32 = 65536;
/** reseed_interval (table 3). */
const RESEED_INTERVAL: u64 = 1 << 48;

const KEY: usize = 0;
const V: usize = 32;
const RESEED_COUNTER: usize = 48;

/** seedlen: key and block. */
const SEED_SIZE: u32 = 48;
const BLOCK_SIZE: u32 = 16;

const cipher: usize = memory.data(512, 16);
/** What a derivation made, until it is used; zeros at any other time, as an update without input needs them. */
const seedMaterial: usize = memory.data(48, 16);
/** Blocks that go through the cipher together: counters, then what they become. */
const stream: usize = memory.data(64, 16);

// Block_Cipher_df: BCC (10.3.3) runs over the same string three times, with a counter 0, 1, 2 in front. The three
// chaining values go on side by side, so that the string is read once, piece by piece.
const chains: usize = memory.data(64, 16);
const dfBlock: usize = memory.data(16, 16);
let dfUsed: u32 = 0;

const dfKey: usize = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
]);

function dfBlockDone(): void {
  const block = v128.load(dfBlock);
  for (let chain = chains; chain < chains + SEED_SIZE; chain += BLOCK_SIZE) {
    v128.store(chain, v128.xor(v128.load(chain), block));
  }
  cipherEncryptBlocks(cipher, chains, 3);
  dfUsed = 0;
}

function dfStart(size: u32): void {
  cipherInit(cipher, ALG_AES, dfKey, 256);
  memory.fill(chains, 0, SEED_SIZE);
  wipe(dfBlock, BLOCK_SIZE);
  for (let i: u32 = 0; i < 3; i++) storeBigEndian32(chains + BLOCK_SIZE * i, i);
  cipherEncryptBlocks(cipher, chains, 3);
  storeBigEndian32(dfBlock, size);
  storeBigEndian32(dfBlock + 4, SEED_SIZE);
  dfUsed = 8;
}

function dfAdd(data: usize, size: u32): void {
  for (; size > 0; size--) {
    store<u8>(dfBlock + dfUsed, load<u8>(data++));
    if (++dfUsed == BLOCK_SIZE) dfBlockDone();
  }
}

/** Ends the derivation: 48 bytes into seedMaterial. */
function dfFinish(): void {
  store<u8>(dfBlock + dfUsed, 0x80);
  dfUsed++;
  memory.fill(dfBlock + dfUsed, 0, BLOCK_SIZE - dfUsed);
  dfBlockDone();
  wipe(dfBlock, BLOCK_SIZE);
  cipherInit(cipher, ALG_AES, chains, 256);
  for (let at: u32 = 0; at < SEED_SIZE; at += BLOCK_SIZE) {
    cipherEncryptBlock(cipher, chains + 32, chains + 32);
    memory.copy(seedMaterial + at, chains + 32, BLOCK_SIZE);
  }
  wipe(chains, CIPHER_TOGETHER * BLOCK_SIZE);
  wipe(cipher, CIPHER_CONTEXT_SIZE);
}

/** The next blocks into `stream`, at most CIPHER_TOGETHER: for each V = V + 1 modulo 2^128, encrypted. */
function nextBlocks(context: usize, count: u32): void {
  let low = loadBigEndian64(context + V + 8);
  let high = loadBigEndian64(context + V);
  for (let at: u32 = 0; at < BLOCK_SIZE * count; at += BLOCK_SIZE) {
    // No branch: V is a secret.
    high += u64(++low == 0);
    storeBigEndian64(stream + at, high);
    storeBigEndian64(stream + at + 8, low);
  }
  storeBigEndian64(context + V, high);
  storeBigEndian64(context + V + 8, low);
  cipherEncryptBlocks(cipher, stream, count);
}

/**
 * CTR_DRBG_Update (10.2.1.2) with seedMaterial and the next three blocks, which are at `blocks` in `stream`. Wipes
 * `cipher` and `stream`.
 */
function update(context: usize, blocks: usize): void {
  for (let at: u32 = 0; at < SEED_SIZE; at += BLOCK_SIZE) {
    v128.store(context + KEY + at, v128.xor(v128.load(blocks + at), v128.load(seedMaterial + at)));
  }
  wipe(stream, CIPHER_TOGETHER * BLOCK_SIZE);
  wipe(cipher, CIPHER_CONTEXT_SIZE);
}

@inline
function useKey(context: usize): void {
  cipherInit(cipher, ALG_AES, context + KEY, 256);
}

/** Mixes the seed material that was added into the state, and starts to count anew. */
function seed(context: usize): void {
  dfFinish();
  mixIn(context);
}

function mixIn(context: usize): void {
  useKey(context);
  nextBlocks(context, 3);
  update(context, stream);
  wipe(seedMaterial, SEED_SIZE);
  store<u64>(context, 1, RESEED_COUNTER);
}

/**
 * Instantiates (10.2.1.3.2). Seed material is entropy || nonce || personalization; each may lie anywhere.
 * A deterministic instance takes a seed as its entropy.
 * @returns false, and leaves a wiped context, when there are fewer than DRBG_MIN_ENTROPY_SIZE bytes of entropy.
 */
export function drbgInstantiate(
  context: usize,
  entropy: usize,
  entropySize: u32,
  nonce: usize = 0,
  nonceSize: u32 = 0,
  personalization: usize = 0,
  personalizationSize: u32 = 0,
): bool {
  wipe(context, DRBG_CONTEXT_SIZE);
  if (entropySize < DRBG_MIN_ENTROPY_SIZE) return false;
  dfStart(entropySize + nonceSize + personalizationSize);
  dfAdd(entropy, entropySize);
  dfAdd(nonce, nonceSize);
  dfAdd(personalization, personalizationSize);
  seed(context);
  return true;
}

/**
 * Reseeds (10.2.1.4.2) with entropy || additional input.
 * @returns false, and changes nothing, when the context is not instantiated or there is too little entropy.
 */
export function drbgReseed(
  context: usize,
  entropy: usize,
  entropySize: u32,
  additional: usize = 0,
  additionalSize: u32 = 0,
): bool {
  if (load<u64>(context, RESEED_COUNTER) == 0 || entropySize < DRBG_MIN_ENTROPY_SIZE) return false;
  dfStart(entropySize + additionalSize);
  dfAdd(entropy, entropySize);
  dfAdd(additional, additionalSize);
  seed(context);
  return true;
}

// libtpms' derivation function: that of a TPM whose seeds come from there, for its primary keys. It reads the string once as
// well, but what one chain was given goes into the next one too; the sizes lie in the first chain and not in the string,
// after four octets that stay zero; and there is no encryption of the result.

function libtpmsBlockDone(): void {
  const block = v128.load(dfBlock);
  let sum = i64x2.splat(0);
  for (let chain = chains; chain < chains + SEED_SIZE; chain += BLOCK_SIZE) {
    sum = v128.xor(sum, v128.xor(v128.load(chain), block));
    v128.store(chain, sum);
  }
  v128.store(dfBlock, i64x2.splat(0));
  cipherEncryptBlocks(cipher, chains, 3);
  dfUsed = 0;
}

function libtpmsAdd(data: usize, size: u32): void {
  for (; size > 0; size--) {
    store<u8>(dfBlock + dfUsed, load<u8>(data++));
    if (++dfUsed == BLOCK_SIZE) libtpmsBlockDone();
  }
}

/** 48 bytes into seedMaterial, from two strings one after the other. */
function libtpmsDerive(first: usize, firstSize: u32, second: usize, secondSize: u32): void {
  cipherInit(cipher, ALG_AES, dfKey, 256);
  memory.fill(chains, 0, CIPHER_TOGETHER * BLOCK_SIZE);
  wipe(dfBlock, BLOCK_SIZE);
  for (let i: u32 = 0; i < 3; i++) storeBigEndian32(chains + BLOCK_SIZE * i, i);
  libtpmsBlockDone();
  storeBigEndian32(chains, firstSize + secondSize);
  storeBigEndian32(chains + 4, SEED_SIZE);
  dfUsed = 4;
  libtpmsAdd(first, firstSize);
  libtpmsAdd(second, secondSize);
  store<u8>(dfBlock + dfUsed, 0x80);
  libtpmsBlockDone();
  memory.copy(seedMaterial, chains, SEED_SIZE);
  wipe(chains, CIPHER_TOGETHER * BLOCK_SIZE);
  wipe(cipher, CIPHER_CONTEXT_SIZE);
}

/** A deterministic instance as libtpms has it for primary keys: from its seed, and purpose, Name and data as one string. */
export function drbgInstantiateLibtpms(context: usize, from: usize, fromSize: u32, string: usize, size: u32): void {
  wipe(context, DRBG_CONTEXT_SIZE);
  libtpmsDerive(from, fromSize, string, size);
  mixIn(context);
}

/** Mixes data into such an instance, as libtpms does with a proof. */
export function drbgReseedLibtpms(context: usize, data: usize, size: u32): void {
  libtpmsDerive(data, size, 0, 0);
  mixIn(context);
}

/** True when drbgGenerate refuses until the context is reseeded (or instantiated). */
export function drbgNeedsReseed(context: usize): bool {
  const counter = load<u64>(context, RESEED_COUNTER);
  return counter == 0 || counter > RESEED_INTERVAL;
}

/**
 * Generates `size` bytes (10.2.1.5.2).
 * @returns false, and writes nothing, when `size` exceeds DRBG_MAX_REQUEST_SIZE or {@link drbgNeedsReseed}.
 */
export function drbgGenerate(
  context: usize,
  output: usize,
  size: u32,
  additional: usize = 0,
  additionalSize: u32 = 0,
): bool {
  if (size > DRBG_MAX_REQUEST_SIZE || drbgNeedsReseed(context)) return false;
  if (additionalSize != 0) {
    dfStart(additionalSize);
    dfAdd(additional, additionalSize);
    dfFinish();
    useKey(context);
    nextBlocks(context, 3);
    update(context, stream);
  }
  useKey(context);
  while (size > BLOCK_SIZE) {
    const count = min((size - 1) / BLOCK_SIZE, CIPHER_TOGETHER);
    nextBlocks(context, count);
    for (let at: u32 = 0; at < count * BLOCK_SIZE; at += BLOCK_SIZE) {
      v128.store(output + at, v128.load(stream + at));
    }
    output += count * BLOCK_SIZE;
    size -= count * BLOCK_SIZE;
  }
  // The last block and the three of the update are made together.
  if (size > 0) {
    nextBlocks(context, 4);
    memory.copy(output, stream, size);
    update(context, stream + BLOCK_SIZE);
  } else {
    nextBlocks(context, 3);
    update(context, stream);
  }
  wipe(seedMaterial, SEED_SIZE);
  store<u64>(context, load<u64>(context, RESEED_COUNTER) + 1, RESEED_COUNTER);
  return true;
}
