// [k] P for secret k and any P, in constant time: signed odd windows of five bits (M. Joye, M. Tunstall, "Exponent
// recoding and regular exponentiation algorithms", 2009), every entry of the table read for every window.
//
// k odd (for even k: [n - k] P, negated) is the sum of d_i 32^i with odd d_i, |d_i| < 32: d_i = (bits 5 i .. 5 i + 5 of k,
// the lowest set) - 32, and the highest digit takes what is left, which is positive.
//
// No addition but the last meets an exception. Before adding d_i the sum is 32 m with m = (k >> 5 (i + 1)) | 1, and is
// neither infinity nor +-d_i as an integer, since 0 < |d_i| < 32 <= 32 m. For i > 0, 32 m + |d_i| < k / 32 + 64 < n, so
// it is not modulo n either. For i = 0, 32 m - d_0 = n happens for one k (n - 2 (n mod 32) if that is odd), so the last
// addition is complete.
//
// In the build with relaxed SIMD P-256 does all but that last addition in pairs (p256Pair.ts).
import { FIELD_P256, SLOT, fieldKind, limbs, orderBits, wipeSlot, wipePoint } from "./curve";
import { scalarMakeOdd, scalarWindow } from "./scalar";
import {
  pairGather,
  pairNegateIf,
  pairOddMultiples,
  pointFromPairs,
  pointToPairs,
  wipePairForm,
} from "./p256PairForm";
import { PAIR_POINT, pairAdd, pairDouble } from "./p256PairPoint";
import { POINT, pointAdd, pointAddComplete, pointCopy, pointDouble, pointNegateIf } from "./point";

export const WINDOW_BITS: u32 = 5;
/** Odd multiples 1, 3 .. 31. */
export const ENTRIES: u32 = 16;

const oddScalar: usize = memory.data(112, 16);
/** 16 points. */
const table: usize = memory.data(5376, 16);
const entry: usize = memory.data(336, 16);
const masks: usize = memory.data(256, 16);
/** 16 points of p256PairPoint.ts. */
const pairTable: usize = memory.data(2560, 16);
const pairEntry: usize = memory.data(160, 16);
const pairSum: usize = memory.data(160, 16);

/** Windows that a scalar of the curve in use has. */
@inline
export function windowCount(): u32 {
  return (orderBits + WINDOW_BITS - 1) / WINDOW_BITS;
}

/** Odd multiples of p, p first, `entries` of them, POINT bytes each. p must not be `to`. */
export function oddMultiples(to: usize, p: usize, entries: u32): void {
  pointCopy(to, p);
  pointDouble(entry, p);
  for (let i: usize = 1; i < entries; i++) pointAdd(to + i * POINT, to + (i - 1) * POINT, entry);
}

/** Window `index` of the odd scalar k, which has `count` of them: 6 bits, v - 32 is the digit. */
@inline
export function windowOf(k: usize, index: u32, count: u32): u32 {
  // The highest is positive whatever bit 5 would say; there is nothing above it.
  return scalarWindow(k, index * WINDOW_BITS) | 1 | (((index + 1 == count) as u32) << 5);
}

/** 0xffffffff when the digit of window v is negative. */
@inline
export function windowSign(v: u32): u32 {
  return (v >>> 5) - 1;
}

/** (|digit| - 1) / 2. */
@inline
export function windowEntry(v: u32): u32 {
  return ((v >>> 1) ^ windowSign(v)) & 15;
}

/**
 * Reads `numbers` numbers of entry `index` of 16 at `from`, one after the other with `limbs` limbs each, into slots at r;
 * all entries are read. An entry takes `stride` bytes, a number in it `step` bytes.
 */
export function gather(r: usize, from: usize, index: u32, numbers: u32, step: usize, stride: usize): void {
  const wanted = i32x4.splat(index);
  let number = i32x4.splat(0);
  const one = i32x4.splat(1);
  for (let p = masks; p < masks + 256; p += 16) {
    v128.store(p, i32x4.eq(number, wanted));
    number = i32x4.add(number, one);
  }
  const end: usize = limbs << 2;
  for (let n: u32 = 0; n < numbers; n++, from += step, r += SLOT) {
    for (let i: usize = 0; i < end; i += 16) {
      let even = i32x4.splat(0);
      let odd = even;
      let at = from + i;
      for (let p = masks; p < masks + 256; p += 32) {
        even = v128.or(even, v128.and(v128.load(p), v128.load(at)));
        odd = v128.or(odd, v128.and(v128.load(p, 16), v128.load(at + stride)));
        at += stride << 1;
      }
      v128.store(r + i, v128.or(even, odd));
    }
  }
}

/** r = [k] p for tight k in 1 .. n - 1 and p not infinity. r is not p. */
export function pointMultiply(r: usize, k: usize, p: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (fieldKind == FIELD_P256) {
      multiplyInPairs(r, k, p);
      return;
    }
  }
  const negative = scalarMakeOdd(oddScalar, k);
  oddMultiples(table, p, ENTRIES);
  const count = windowCount();
  gather(r, table, windowEntry(windowOf(oddScalar, count - 1, count)), 3, SLOT, POINT);
  for (let i: i32 = count - 2; i >= 0; i--) {
    for (let n: u32 = 0; n < WINDOW_BITS; n++) pointDouble(r, r);
    const v = windowOf(oddScalar, i, count);
    gather(entry, table, windowEntry(v), 3, SLOT, POINT);
    pointNegateIf(entry, windowSign(v));
    if (i == 0) pointAddComplete(r, r, entry);
    else pointAdd(r, r, entry);
  }
  pointNegateIf(r, negative);
}

/** The same on P-256 with two multiplications at a time (p256Pair.ts); the last addition, which is complete, as above. */
function multiplyInPairs(r: usize, k: usize, p: usize): void {
  const negative = scalarMakeOdd(oddScalar, k);
  pointToPairs(pairEntry, p);
  pairOddMultiples(pairTable, pairEntry, ENTRIES);
  const count = windowCount();
  pairGather(pairSum, pairTable, windowEntry(windowOf(oddScalar, count - 1, count)));
  for (let i: i32 = count - 2; i >= 0; i--) {
    for (let n: u32 = 0; n < WINDOW_BITS; n++) pairDouble(pairSum, pairSum);
    const v = windowOf(oddScalar, i, count);
    pairGather(pairEntry, pairTable, windowEntry(v));
    pairNegateIf(pairEntry, windowSign(v));
    if (i > 0) pairAdd(pairSum, pairSum, pairEntry);
  }
  pointFromPairs(r, pairSum);
  pointFromPairs(entry, pairEntry);
  pointAddComplete(r, r, entry);
  pointNegateIf(r, negative);
}

export function wipeMultiply(): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    memory.fill(pairTable, 0, 2560);
    memory.fill(pairEntry, 0, PAIR_POINT);
    memory.fill(pairSum, 0, PAIR_POINT);
    wipePairForm();
  }
  wipeSlot(oddScalar);
  memory.fill(table, 0, 5376);
  wipePoint(entry);
  memory.fill(masks, 0, 256);
}
