// TDES (SP 800-67 rev 2; DES is FIPS 46-3): key expansion and one block, for keys of 128 bits (K1, K2, K1 again) and of
// 192 (K1, K2, K3). What makes a good key is in tdesKey.ts.
//
// Not constant-time in addresses: S-boxes and the permutation P are merged into lookup tables, made when the module
// starts. The two halves of a block are kept rotated right by one bit: so the six bits for S1 are the highest of R,
// those for S3, S5 and S7 lie at whole bytes after them, and those for the other four likewise in R rotated by four.
import { loadBigEndian32, storeBigEndian32 } from "./bytes";

/** Bytes of the round keys: 48 rounds of two words. */
export const TDES_SCHEDULE_SIZE: u32 = 384;

/** S1 to S8, four rows of sixteen each. */
// prettier-ignore
const boxes: usize = memory.data<u8>([
  14,  4, 13,  1,  2, 15, 11,  8,  3, 10,  6, 12,  5,  9,  0,  7,
  0, 15,  7,  4, 14,  2, 13,  1, 10,  6, 12, 11,  9,  5,  3,  8,
  4,  1, 14,  8, 13,  6,  2, 11, 15, 12,  9,  7,  3, 10,  5,  0,
  15, 12,  8,  2,  4,  9,  1,  7,  5, 11,  3, 14, 10,  0,  6, 13,
  15,  1,  8, 14,  6, 11,  3,  4,  9,  7,  2, 13, 12,  0,  5, 10,
  3, 13,  4,  7, 15,  2,  8, 14, 12,  0,  1, 10,  6,  9, 11,  5,
  0, 14,  7, 11, 10,  4, 13,  1,  5,  8, 12,  6,  9,  3,  2, 15,
  13,  8, 10,  1,  3, 15,  4,  2, 11,  6,  7, 12,  0,  5, 14,  9,
  10,  0,  9, 14,  6,  3, 15,  5,  1, 13, 12,  7, 11,  4,  2,  8,
  13,  7,  0,  9,  3,  4,  6, 10,  2,  8,  5, 14, 12, 11, 15,  1,
  13,  6,  4,  9,  8, 15,  3,  0, 11,  1,  2, 12,  5, 10, 14,  7,
  1, 10, 13,  0,  6,  9,  8,  7,  4, 15, 14,  3, 11,  5,  2, 12,
  7, 13, 14,  3,  0,  6,  9, 10,  1,  2,  8,  5, 11, 12,  4, 15,
  13,  8, 11,  5,  6, 15,  0,  3,  4,  7,  2, 12,  1, 10, 14,  9,
  10,  6,  9,  0, 12, 11,  7, 13, 15,  1,  3, 14,  5,  2,  8,  4,
  3, 15,  0,  6, 10,  1, 13,  8,  9,  4,  5, 11, 12,  7,  2, 14,
  2, 12,  4,  1,  7, 10, 11,  6,  8,  5,  3, 15, 13,  0, 14,  9,
  14, 11,  2, 12,  4,  7, 13,  1,  5,  0, 15, 10,  3,  9,  8,  6,
  4,  2,  1, 11, 10, 13,  7,  8, 15,  9, 12,  5,  6,  3,  0, 14,
  11,  8, 12,  7,  1, 14,  2, 13,  6, 15,  0,  9, 10,  4,  5,  3,
  12,  1, 10, 15,  9,  2,  6,  8,  0, 13,  3,  4, 14,  7,  5, 11,
  10, 15,  4,  2,  7, 12,  9,  5,  6,  1, 13, 14,  0, 11,  3,  8,
  9, 14, 15,  5,  2,  8, 12,  3,  7,  0,  4, 10,  1, 13, 11,  6,
  4,  3,  2, 12,  9,  5, 15, 10, 11, 14,  1,  7,  6,  0,  8, 13,
  4, 11,  2, 14, 15,  0,  8, 13,  3, 12,  9,  7,  5, 10,  6,  1,
  13,  0, 11,  7,  4,  9,  1, 10, 14,  3,  5, 12,  2, 15,  8,  6,
  1,  4, 11, 13, 12,  3,  7, 14, 10, 15,  6,  8,  0,  5,  9,  2,
  6, 11, 13,  8,  1,  4, 10,  7,  9,  5,  0, 15, 14,  2,  3, 12,
  13,  2,  8,  4,  6, 15, 11,  1, 10,  9,  3, 14,  5,  0, 12,  7,
  1, 15, 13,  8, 10,  3,  7,  4, 12,  5,  6, 11,  0, 14,  9,  2,
  7, 11,  4,  1,  9, 12, 14,  2,  0,  6, 10, 13, 15,  3,  5,  8,
  2,  1, 14,  7,  4, 10,  8, 13, 15, 12,  9,  0,  3,  5,  6, 11,
]);
// prettier-ignore
const P: usize = memory.data<u8>([
  16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
  2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
]);
/** Permuted choice 1: C, then D. */
// prettier-ignore
const PC1: usize = memory.data<u8>([
  57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
  63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
]);
/** Permuted choice 2: the bits for S1 to S8. */
// prettier-ignore
const PC2: usize = memory.data<u8>([
  14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
  41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
]);
/** Bit i (from 0) is set when the key registers shift by two places in round i, not by one. */
const DOUBLE_SHIFTS: u32 = 0b0111111011111100;

/** P(S(bits)) rotated right by one, for each S-box. */
const tables: usize = memory.data(2048, 64);
const TABLE_BYTES: u32 = 256;

function makeTables(): void {
  for (let box: u32 = 0; box < 8; box++) {
    for (let bits: u32 = 0; bits < 64; bits++) {
      const row = ((bits >>> 4) & 2) | (bits & 1);
      const s = (load<u8>(boxes + 64 * box + 16 * row + ((bits >>> 1) & 15)) as u32) << (28 - 4 * box);
      let word: u32 = 0;
      for (let i: u32 = 0; i < 32; i++) word = (word << 1) | ((s >>> (32 - load<u8>(P + i))) & 1);
      store<u32>(tables + TABLE_BYTES * box + 4 * bits, rotr<u32>(word, 1));
    }
  }
}

makeTables();

/** f(R, K) of a round; `k` has the bits for S1, S3, S5, S7 in one word and for S2, S4, S6, S8 in the next. */
@inline
function f(r: u32, k: usize): u32 {
  const odd = r ^ load<u32>(k);
  const even = rotl<u32>(r, 4) ^ load<u32>(k, 4);
  return (
    load<u32>(tables + ((odd >>> 24) & 0xfc)) ^
    load<u32>(tables + ((even >>> 24) & 0xfc), 256) ^
    load<u32>(tables + ((odd >>> 16) & 0xfc), 512) ^
    load<u32>(tables + ((even >>> 16) & 0xfc), 768) ^
    load<u32>(tables + ((odd >>> 8) & 0xfc), 1024) ^
    load<u32>(tables + ((even >>> 8) & 0xfc), 1280) ^
    load<u32>(tables + (odd & 0xfc), 1536) ^
    load<u32>(tables + (even & 0xfc), 1792)
  );
}

/** Permuted choice 1 of a key of 8 bytes: C in bits 55 to 28, D below. It has every bit but those for parity. */
export function tdesPermuteKey(key: usize): u64 {
  let cd: u64 = 0;
  for (let i: u32 = 0; i < 56; i++) {
    const bit: u32 = load<u8>(PC1 + i) - 1;
    cd = (cd << 1) | (((load<u8>(key + (bit >>> 3)) as u32) >>> (7 - (bit & 7))) & 1);
  }
  return cd;
}

/** Sixteen round keys of DES, the first one at `at`, each next one `step` bytes further. */
function expandDes(at: usize, step: isize, key: usize): void {
  let cd = tdesPermuteKey(key);
  let c = (cd >>> 28) as u32;
  let d = (cd as u32) & 0xfffffff;
  for (let round: u32 = 0; round < 16; round++) {
    const shift = 1 + ((DOUBLE_SHIFTS >>> round) & 1);
    c = ((c << shift) | (c >>> (28 - shift))) & 0xfffffff;
    d = ((d << shift) | (d >>> (28 - shift))) & 0xfffffff;
    cd = ((c as u64) << 28) | d;
    // Six bits for each S-box, in bits 7 to 2 of bytes that alternate between the two words.
    let odd: u32 = 0;
    let even: u32 = 0;
    for (let i: u32 = 0; i < 48; i += 12) {
      odd = (odd << 8) | choose6(cd, i);
      even = (even << 8) | choose6(cd, i + 6);
    }
    store<u32>(at, odd);
    store<u32>(at, even, 4);
    at += step;
  }
}

/** Six bits of permuted choice 2, shifted left by two. */
function choose6(cd: u64, from: u32): u32 {
  let bits: u32 = 0;
  for (let i: u32 = 0; i < 6; i++) bits = (bits << 1) | (((cd >>> (56 - load<u8>(PC2 + from + i))) as u32) & 1);
  return bits << 2;
}

/** Key expansion: TDES_SCHEDULE_SIZE bytes of round keys in the order of use. Parity bits of the key are ignored. */
export function tdesExpandKey(schedule: usize, key: usize, keyBits: u32): void {
  expandDes(schedule, 8, key);
  // The middle DES decrypts: its round keys in reverse order.
  expandDes(schedule + 248, -8, key + 8);
  expandDes(schedule + 256, 8, keyBits == 128 ? key : key + 16);
}

/** Forty-eight rounds with the round keys from `k` on; `step` is 8, or -8 from the last one backwards. */
@inline
function crypt(k: usize, step: isize, input: usize, output: usize): void {
  let l = loadBigEndian32(input);
  let r = loadBigEndian32(input + 4);
  // The initial permutation as five exchanges of bits between the halves.
  let t = ((l >>> 4) ^ r) & 0x0f0f0f0f; r ^= t; l ^= t << 4;
  t = ((l >>> 16) ^ r) & 0x0000ffff; r ^= t; l ^= t << 16;
  t = ((r >>> 2) ^ l) & 0x33333333; l ^= t; r ^= t << 2;
  t = ((r >>> 8) ^ l) & 0x00ff00ff; l ^= t; r ^= t << 8;
  t = ((l >>> 1) ^ r) & 0x55555555; r ^= t; l ^= t << 1;
  l = rotr<u32>(l, 1);
  r = rotr<u32>(r, 1);
  // Between one DES and the next, the final and the initial permutation cancel and the halves change places.
  for (let des = 0; des < 3; des++) {
    for (let pair = 0; pair < 8; pair++) {
      l ^= f(r, k);
      r ^= f(l, k + step);
      k += 2 * step;
    }
    t = l; l = r; r = t;
  }
  l = rotl<u32>(l, 1);
  r = rotl<u32>(r, 1);
  // The final permutation: the same exchanges backwards.
  t = ((l >>> 1) ^ r) & 0x55555555; r ^= t; l ^= t << 1;
  t = ((r >>> 8) ^ l) & 0x00ff00ff; l ^= t; r ^= t << 8;
  t = ((r >>> 2) ^ l) & 0x33333333; l ^= t; r ^= t << 2;
  t = ((l >>> 16) ^ r) & 0x0000ffff; r ^= t; l ^= t << 16;
  t = ((l >>> 4) ^ r) & 0x0f0f0f0f; r ^= t; l ^= t << 4;
  storeBigEndian32(output, l);
  storeBigEndian32(output + 4, r);
}

/** Encrypts one block of 8 bytes; `output` may be `input`. */
export function tdesEncryptBlock(schedule: usize, input: usize, output: usize): void {
  crypt(schedule, 8, input, output);
}

/** Decrypts one block of 8 bytes: the same with the round keys in reverse order; `output` may be `input`. */
export function tdesDecryptBlock(schedule: usize, input: usize, output: usize): void {
  crypt(schedule + TDES_SCHEDULE_SIZE - 8, -8, input, output);
}
