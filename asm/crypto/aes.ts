// AES (FIPS 197): key expansion, cipher and inverse cipher, for keys of 128, 192 and 256 bits.
//
// Constant-time: no branch and no address depends on a key or on data. SubBytes is arithmetic in GF(2^4), whose tables of
// 16 bytes lie in a vector and are looked up by i8x16.swizzle, 16 bytes at once (aesTables.ts). trace.test.ts holds it to
// that.
//
// The state is in tower form between rounds, for the inverse cipher that of toInverse. ShiftRows is never done: after q
// rounds the state lies as if its last q ShiftRows were undone, so round keys are stored in that order and MixColumns
// rotates columns that lie so; what is left of the shifts is done once, at the end. 0x63 of the S-box is added with the
// round keys: MixColumns and InvMixColumns leave 16 equal bytes as they are.
//
// Schedule: 16 * (rounds + 1) bytes of such round keys; the last is in bytes, all others in the form of the state.
import {
  BOX_CONSTANT,
  BOX_CONSTANT_TOWER,
  aOver,
  fromTowerHigh,
  fromTowerLow,
  inverse,
  nibble,
  rotate,
  rotateBack,
  roundConstants,
  sBox2U,
  sBox2V,
  sBoxLastU,
  sBoxLastV,
  sBoxU,
  sBoxV,
  shift,
  toInverseHigh,
  toInverseLow,
  toTowerHigh,
  toTowerLow,
  unmix11U,
  unmix11V,
  unmix13U,
  unmix13V,
  unmix14U,
  unmix14V,
  unmix9U,
  unmix9V,
  unmixLastU,
  unmixLastV,
} from "./aesTables";

/**
 * The octets of `table` that `indices` say; 0 for 0x80 to 0xff. Other indices than these and 0 to 15 never occur: of them the
 * relaxed instruction leaves open what it finds, and so it is one instruction where the other one is two, one after the other.
 */
@inline
function lookup(table: v128, indices: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(table, indices) : i8x16.swizzle(table, indices);
}

/** Tables of a permutation for q = 0, 1, 2, 3 lie side by side: this masks 16 q. */
const FOURTH: u32 = 48;

/** A linear function of each byte: tables for its low and its high nibble. */
@inline
function linear(low: usize, high: usize, x: v128): v128 {
  const mask = v128.load(nibble);
  return v128.xor(
    lookup(v128.load(low), v128.and(x, mask)),
    lookup(v128.load(high), v128.and(i16x8.shr_u(x, 4), mask)),
  );
}

/** 1 / (1 / v + a / k) + other: p or q of aesTables.ts. */
@inline
function nested(v: v128, aOverK: v128, other: v128): v128 {
  const table = v128.load(inverse);
  return v128.xor(lookup(table, v128.xor(lookup(table, v), aOverK)), other);
}

/** A linear function of the inverse. */
@inline
function ofInverse(u: usize, v: usize, p: v128, q: v128): v128 {
  return v128.xor(lookup(v128.load(u), p), lookup(v128.load(v), q));
}

/** SubBytes but for its constant; tower form to tower form. */
@inline
function substitute(x: v128): v128 {
  const mask = v128.load(nibble);
  const i = v128.and(i16x8.shr_u(x, 4), mask);
  const k = v128.and(x, mask);
  const j = v128.xor(i, k);
  const over = lookup(v128.load(aOver), k);
  return ofInverse(sBoxU, sBoxV, nested(i, over, j), nested(j, over, i));
}

/** One round: SubBytes, MixColumns, AddRoundKey; the permutations are those of `rotate` and `rotateBack` here. */
@inline
function cipherRound(x: v128, key: v128, next: v128, previous: v128): v128 {
  const mask = v128.load(nibble);
  const i = v128.and(i16x8.shr_u(x, 4), mask);
  const k = v128.and(x, mask);
  const j = v128.xor(i, k);
  const over = lookup(v128.load(aOver), k);
  const p = nested(i, over, j);
  const q = nested(j, over, i);
  const once = ofInverse(sBoxU, sBoxV, p, q);
  // Row r of MixColumns is 2 s(r) + 3 s(r + 1) + s(r + 2) + s(r + 3): first 2 s(r) + s(r + 1).
  const half = v128.xor(lookup(once, next), ofInverse(sBox2U, sBox2V, p, q));
  return v128.xor(lookup(half, next), v128.xor(v128.xor(lookup(once, previous), key), half));
}

/** The last round, which has no MixColumns. */
@inline
function lastRound(x: v128, key: v128, u: usize, v: usize, permutation: v128): v128 {
  const mask = v128.load(nibble);
  const i = v128.and(i16x8.shr_u(x, 4), mask);
  const k = v128.and(x, mask);
  const j = v128.xor(i, k);
  const over = lookup(v128.load(aOver), k);
  return lookup(v128.xor(ofInverse(u, v, nested(i, over, j), nested(j, over, i)), key), permutation);
}

/** One round of the equivalent inverse cipher (5.3.5): InvSubBytes, InvMixColumns, AddRoundKey. */
@inline
function inverseRound(x: v128, key: v128, next: v128): v128 {
  const mask = v128.load(nibble);
  const i = v128.and(i16x8.shr_u(x, 4), mask);
  const k = v128.and(x, mask);
  const j = v128.xor(i, k);
  const over = lookup(v128.load(aOver), k);
  const p = nested(i, over, j);
  const q = nested(j, over, i);
  // Row r of InvMixColumns is 14 s(r) + 11 s(r + 1) + 13 s(r + 2) + 9 s(r + 3).
  let sum = lookup(ofInverse(unmix9U, unmix9V, p, q), next);
  sum = lookup(v128.xor(sum, ofInverse(unmix13U, unmix13V, p, q)), next);
  sum = lookup(v128.xor(sum, ofInverse(unmix11U, unmix11V, p, q)), next);
  return v128.xor(sum, v128.xor(ofInverse(unmix14U, unmix14V, p, q), key));
}

/** Number of rounds for a key of `keyBits`; 0 when AES has no such key size. */
export function aesRounds(keyBits: u32): u32 {
  return keyBits == 128 ? 10 : keyBits == 192 ? 12 : keyBits == 256 ? 14 : 0;
}

/** 0x63 of the S-box, in tower form, in each byte. */
@inline
function boxConstant(): v128 {
  return i8x16.splat(BOX_CONSTANT_TOWER);
}

/** Key expansion for 4 and 8 words, four words at once: each step takes the last word through the S-box. */
function expandByFour(schedule: usize, last: usize, words: u32): void {
  const zero = i64x2.splat(0);
  let constants = roundConstants;
  let key = v128.load(schedule + 4 * words - 16);
  let rotates = true;
  for (let at = schedule + 4 * words; at <= last; at += 16) {
    let added: v128;
    if (rotates) {
      added = v128.shuffle<u8>(key, key, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12, 13, 14, 15, 12);
      added = v128.xor(substitute(added), i32x4.splat(load<u8>(constants++)));
    } else {
      added = substitute(v128.shuffle<u32>(key, key, 3, 3, 3, 3));
    }
    // Each word is the one before it and the one a key's length before: the sum of all that are in the vector.
    let sum = v128.load(at - 4 * words);
    sum = v128.xor(sum, v128.shuffle<u32>(zero, sum, 0, 4, 5, 6));
    sum = v128.xor(sum, v128.shuffle<u32>(zero, sum, 0, 1, 4, 5));
    key = v128.xor(v128.xor(sum, boxConstant()), added);
    v128.store(at, key);
    rotates = words == 4 || !rotates;
  }
}

/** Key expansion for 6 words, word by word. */
function expandByWord(schedule: usize, last: usize): void {
  let constants = roundConstants;
  let word = load<u32>(schedule + 20);
  let position: u32 = 6;
  for (let at = schedule + 24; at < last + 16; at += 4) {
    if (position == 6) {
      const substituted = v128.xor(substitute(i32x4.splat(rotr<u32>(word, 8))), boxConstant());
      word = i32x4.extract_lane(substituted, 0) ^ load<u8>(constants++);
      position = 0;
    }
    position++;
    word ^= load<u32>(at - 24);
    store<u32>(at, word);
  }
}

/** Key expansion (5.2): the schedule of the cipher. */
export function aesExpandKey(schedule: usize, key: usize, keyBits: u32): void {
  const words = keyBits >>> 5;
  const last = schedule + 16 * aesRounds(keyBits);
  v128.store(schedule, linear(toTowerLow, toTowerHigh, v128.load(key)));
  if (words == 6) {
    // Two words too many are stored: expansion comes over them.
    v128.store(schedule, linear(toTowerLow, toTowerHigh, v128.load64_zero(key + 16)), 16);
    expandByWord(schedule, last);
  } else {
    if (words == 8) v128.store(schedule, linear(toTowerLow, toTowerHigh, v128.load(key + 16)), 16);
    expandByFour(schedule, last, words);
  }
  let q: u32 = FOURTH;
  for (let at = schedule + 16; at < last; at += 16) {
    v128.store(at, v128.xor(lookup(v128.load(at), v128.load(shift + q)), boxConstant()));
    q = (q - 16) & FOURTH;
  }
  const bytes = v128.xor(linear(fromTowerLow, fromTowerHigh, v128.load(last)), i8x16.splat(BOX_CONSTANT));
  v128.store(last, lookup(bytes, v128.load(shift + q)));
}

/** Multiplies each byte by x in GF(2^8) modulo x^8 + x^4 + x^3 + x + 1 (4.2). */
@inline
function xtime(a: v128): v128 {
  return v128.xor(i8x16.add(a, a), v128.and(i8x16.shr_s(a, 7), i8x16.splat(0x1b)));
}

/** InvMixColumns (5.3.3) of bytes in their order: MixColumns after a + 4 (a + a rotated by two). */
function invMixColumns(a: v128): v128 {
  const next = v128.load(rotate);
  const two = v128.xor(a, lookup(lookup(a, next), next));
  a = v128.xor(a, xtime(xtime(two)));
  const half = v128.xor(lookup(a, next), xtime(a));
  return v128.xor(lookup(half, next), v128.xor(lookup(a, v128.load(rotateBack)), half));
}

/**
 * Round keys of the equivalent inverse cipher (5.3.5): in reverse order, InvMixColumns of all but the first and last.
 * 0x63 stays in them: it is what InvSubBytes has to add first.
 */
export function aesInvertSchedule(inverted: usize, schedule: usize, rounds: u32): void {
  const from = schedule + 16 * rounds;
  const q = (16 * rounds) & FOURTH;
  let bytes = lookup(v128.load(from), v128.load(shift + q));
  v128.store(inverted, linear(toInverseLow, toInverseHigh, bytes));
  for (let at: u32 = 16; at < 16 * rounds; at += 16) {
    bytes = lookup(v128.load(from - at), v128.load(shift + ((q - at) & FOURTH)));
    bytes = invMixColumns(linear(fromTowerLow, fromTowerHigh, bytes));
    bytes = linear(toInverseLow, toInverseHigh, bytes);
    v128.store(inverted + at, lookup(bytes, v128.load(shift + (at & FOURTH))));
  }
  bytes = linear(fromTowerLow, fromTowerHigh, v128.load(schedule));
  v128.store(inverted + 16 * rounds, lookup(bytes, v128.load(shift + q)));
}

/** Cipher (5.1): one block of 16 bytes; `output` may be `input`. */
export function aesEncryptBlock(schedule: usize, rounds: u32, input: usize, output: usize): void {
  let x = v128.xor(linear(toTowerLow, toTowerHigh, v128.load(input)), v128.load(schedule));
  const last = schedule + 16 * rounds;
  let q: u32 = 16;
  for (schedule += 16; schedule < last; schedule += 16) {
    x = cipherRound(x, v128.load(schedule), v128.load(rotate + q), v128.load(rotateBack + q));
    q = (q + 16) & FOURTH;
  }
  v128.store(output, lastRound(x, v128.load(last), sBoxLastU, sBoxLastV, v128.load(shift + q)));
}

/** Cipher of four blocks in place, each by itself: the processor has something to do while one waits. */
export function aesEncryptFour(schedule: usize, rounds: u32, blocks: usize): void {
  let key = v128.load(schedule);
  let a = v128.xor(linear(toTowerLow, toTowerHigh, v128.load(blocks, 0)), key);
  let b = v128.xor(linear(toTowerLow, toTowerHigh, v128.load(blocks, 16)), key);
  let c = v128.xor(linear(toTowerLow, toTowerHigh, v128.load(blocks, 32)), key);
  let d = v128.xor(linear(toTowerLow, toTowerHigh, v128.load(blocks, 48)), key);
  const last = schedule + 16 * rounds;
  let q: u32 = 16;
  for (schedule += 16; schedule < last; schedule += 16) {
    key = v128.load(schedule);
    const next = v128.load(rotate + q);
    const previous = v128.load(rotateBack + q);
    a = cipherRound(a, key, next, previous);
    b = cipherRound(b, key, next, previous);
    c = cipherRound(c, key, next, previous);
    d = cipherRound(d, key, next, previous);
    q = (q + 16) & FOURTH;
  }
  key = v128.load(last);
  const order = v128.load(shift + q);
  v128.store(blocks, lastRound(a, key, sBoxLastU, sBoxLastV, order), 0);
  v128.store(blocks, lastRound(b, key, sBoxLastU, sBoxLastV, order), 16);
  v128.store(blocks, lastRound(c, key, sBoxLastU, sBoxLastV, order), 32);
  v128.store(blocks, lastRound(d, key, sBoxLastU, sBoxLastV, order), 48);
}

/** Equivalent inverse cipher (5.3.5): `schedule` from {@link aesInvertSchedule}. One block in place. */
export function aesDecryptBlock(schedule: usize, rounds: u32, block: usize): void {
  let x = v128.xor(linear(toInverseLow, toInverseHigh, v128.load(block)), v128.load(schedule));
  const last = schedule + 16 * rounds;
  let q: u32 = FOURTH;
  for (schedule += 16; schedule < last; schedule += 16) {
    x = inverseRound(x, v128.load(schedule), v128.load(rotate + q));
    q = (q - 16) & FOURTH;
  }
  v128.store(block, lastRound(x, v128.load(last), unmixLastU, unmixLastV, v128.load(shift + q)));
}

/** Equivalent inverse cipher of four blocks in place. */
export function aesDecryptFour(schedule: usize, rounds: u32, blocks: usize): void {
  let key = v128.load(schedule);
  let a = v128.xor(linear(toInverseLow, toInverseHigh, v128.load(blocks, 0)), key);
  let b = v128.xor(linear(toInverseLow, toInverseHigh, v128.load(blocks, 16)), key);
  let c = v128.xor(linear(toInverseLow, toInverseHigh, v128.load(blocks, 32)), key);
  let d = v128.xor(linear(toInverseLow, toInverseHigh, v128.load(blocks, 48)), key);
  const last = schedule + 16 * rounds;
  let q: u32 = FOURTH;
  for (schedule += 16; schedule < last; schedule += 16) {
    key = v128.load(schedule);
    const next = v128.load(rotate + q);
    a = inverseRound(a, key, next);
    b = inverseRound(b, key, next);
    c = inverseRound(c, key, next);
    d = inverseRound(d, key, next);
    q = (q - 16) & FOURTH;
  }
  key = v128.load(last);
  const order = v128.load(shift + q);
  v128.store(blocks, lastRound(a, key, unmixLastU, unmixLastV, order), 0);
  v128.store(blocks, lastRound(b, key, unmixLastU, unmixLastV, order), 16);
  v128.store(blocks, lastRound(c, key, unmixLastU, unmixLastV, order), 32);
  v128.store(blocks, lastRound(d, key, unmixLastU, unmixLastV, order), 48);
}
