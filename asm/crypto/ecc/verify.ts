// [u] G + [v] Q for public scalars, as signatures are verified: non-adjacent forms of width 5 (D. Hankerson, A. Menezes,
// S. Vanstone, "Guide to Elliptic Curve Cryptography", 3.3.1 and 3.3.3), one chain of doublings. A curve with a table for
// G (comb.ts), odd multiples up to 31 of each [2^(20 j)] G, has u in width 6, and takes its digits at i, i + 20, i + 40 ...
// together when 2^i is what is left to double: in the last 20 doublings of the same chain. NOT constant time.
import { bitAt } from "../bignum/limbs";
import { FIELD_P256, SLOT, fieldKind, fieldOne, limbs, orderBits, wipePoint } from "./curve";
import { GROUP_BITS, entryInPairsPublic, entryPublic, hasComb } from "./comb";
import { fieldIsZeroPublic } from "./field";
import { oddMultiples } from "./multiply";
import { pairNegateIf, pairOddMultiples, pointFromPairs, pointToPairs } from "./p256PairForm";
import { PAIR_POINT, pairAdd, pairAddAffine, pairDouble } from "./p256PairPoint";
import { POINT, pointAddAffinePublic, pointAddPublic, pointBase, pointCopy, pointDouble, pointNegateIf } from "./point";
import { scalarWindow } from "./scalar";

const WIDTH: u32 = 5;
const COMB_WIDTH: u32 = 6;
/** Odd multiples 1, 3 .. 15. */
const ENTRIES: u32 = 8;
const MAX_DIGITS: u32 = 640;

const digitsOfU: usize = memory.data(640, 16);
const digitsOfV: usize = memory.data(640, 16);
const tableOfG: usize = memory.data(2688, 16);
const tableOfQ: usize = memory.data(2688, 16);
const entry: usize = memory.data(336, 16);
/** The table of Q, points of p256PairPoint.ts. */
const pairTable: usize = memory.data(1280, 16);
const pairEntry: usize = memory.data(160, 16);
const pairSum: usize = memory.data(160, 16);

/** Digits of tight k, one byte each, odd and below 2^(width - 1) or 0; orderBits + 1 of them. width is at most 6. */
function nonAdjacentForm(digits: usize, k: usize, width: u32): void {
  memory.fill(digits, 0, MAX_DIGITS);
  let carry: u32 = 0;
  for (let i: u32 = 0; i <= orderBits; ) {
    if (bitAt(k, i) == carry) {
      i++;
      continue;
    }
    const value = (scalarWindow(k, i) & ((1 << width) - 1)) + carry;
    carry = value >>> (width - 1);
    store<i8>(digits + i, (value as i32) - ((carry as i32) << width));
    i += width;
  }
}

function addDigit(r: usize, table: usize, digit: i32): void {
  if (digit == 0) return;
  pointCopy(entry, table + (((digit < 0 ? -digit : digit) as usize) >>> 1) * POINT);
  if (digit < 0) pointNegateIf(entry, 0xffffffff);
  pointAddPublic(r, r, entry);
}

/** r = [u] G + [v] q, tight u and v below n. r is not q. */
export function doubleMultiply(r: usize, u: usize, v: usize, q: usize): void {
  const withComb = hasComb();
  nonAdjacentForm(digitsOfV, v, WIDTH);
  nonAdjacentForm(digitsOfU, u, withComb ? COMB_WIDTH : WIDTH);
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (fieldKind == FIELD_P256 && sumInPairs(r, q)) return;
  }
  oddMultiples(tableOfQ, q, ENTRIES);
  if (!withComb) {
    pointBase(entry);
    oddMultiples(tableOfG, entry, ENTRIES);
  }
  // Infinity: Z = 0.
  wipePoint(r);
  memory.copy(r, fieldOne, limbs << 2);
  memory.copy(r + SLOT, fieldOne, limbs << 2);
  let i: i32 = orderBits;
  const lowest: i32 = withComb ? GROUP_BITS - 1 : 0;
  while (i > lowest && load<i8>(digitsOfV + i) == 0 && (withComb || load<i8>(digitsOfU + i) == 0)) i--;
  for (; i >= 0; i--) {
    pointDouble(r, r);
    addDigit(r, tableOfQ, load<i8>(digitsOfV + i));
    if (!withComb) addDigit(r, tableOfG, load<i8>(digitsOfU + i));
    else if (i <= lowest) {
      for (let at: u32 = i, group: u32 = 0; at <= orderBits; at += GROUP_BITS, group++) {
        const digit: i32 = load<i8>(digitsOfU + at);
        if (digit != 0) pointAddAffinePublic(r, entryPublic(group, digit));
      }
    }
  }
}

/**
 * What doubleMultiply does with the digits, on P-256 with two multiplications at a time (p256Pair.ts).
 * @returns false when it is to be done again the other way: v is tiny, the sum is infinity, or points that were added on the
 * way were equal, opposite or infinity. All but the first show in the end: Z is 0 from there on.
 */
function sumInPairs(r: usize, q: usize): bool {
  const lowest: i32 = GROUP_BITS - 1;
  let i: i32 = orderBits;
  while (i > lowest && load<i8>(digitsOfV + i) == 0) i--;
  if (i <= lowest) return false;
  pointToPairs(pairEntry, q);
  pairOddMultiples(pairTable, pairEntry, ENTRIES);
  takeEntry(pairSum, load<i8>(digitsOfV + i));
  for (i--; i >= 0; i--) {
    pairDouble(pairSum, pairSum);
    const digit: i32 = load<i8>(digitsOfV + i);
    if (digit != 0) {
      takeEntry(pairEntry, digit);
      pairAdd(pairSum, pairSum, pairEntry);
    }
    if (i > lowest) continue;
    for (let at: u32 = i, group: u32 = 0; at <= orderBits; at += GROUP_BITS, group++) {
      const digitOfG: i32 = load<i8>(digitsOfU + at);
      if (digitOfG == 0) continue;
      entryInPairsPublic(pairEntry, group, digitOfG);
      pairAddAffine(pairSum, pairSum, pairEntry);
    }
  }
  pointFromPairs(r, pairSum);
  return !fieldIsZeroPublic(r + 2 * SLOT);
}

/** r = [digit] Q from the table. */
function takeEntry(r: usize, digit: i32): void {
  memory.copy(r, pairTable + ((abs(digit) as usize) >>> 1) * PAIR_POINT, PAIR_POINT);
  if (digit < 0) pairNegateIf(r, 0xffffffff);
}

/** Nothing here is secret, but guard limbs must be zero when a curve with fewer limbs comes next. */
export function wipeVerify(): void {
  memory.fill(digitsOfU, 0, MAX_DIGITS);
  memory.fill(digitsOfV, 0, MAX_DIGITS);
  memory.fill(tableOfG, 0, 2688);
  memory.fill(tableOfQ, 0, 2688);
  wipePoint(entry);
  if (ASC_FEATURE_RELAXED_SIMD) {
    memory.fill(pairTable, 0, 1280);
    memory.fill(pairEntry, 0, PAIR_POINT);
    memory.fill(pairSum, 0, PAIR_POINT);
  }
}
