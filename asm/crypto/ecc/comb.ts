// [k] G for secret k, in constant time. P-256 and P-384 have a table, made at first use: with the digits d_i of
// multiply.ts, [k] G is the sum over j and t of [32^t] [d_(4 j + t)] [2^(20 j)] G, and the table holds the odd multiples
// 1 .. 31 of each [2^(20 j)] G. Four passes t = 3 .. 0 of additions, five doublings between two passes. The other curves
// multiply as if G were any point.
//
// Exceptions. A pass goes from the highest group to the lowest. In front of each addition the sum stands for an integer A,
// what is added for B = d 2^(20 j), d odd, |d| <= 31, both in units of the pass.
//   2 divides B exactly 20 j times. It divides A exactly 20 (j + 1) times in the first pass (all that was added lies in
//   higher groups), else exactly 5 times (A is 32 times the odd sum of the pass before, and what was added since is a
//   multiple of 2^20). So neither A = 0 nor A = +-B.
//   Modulo n it is not either before the last pass, because |A| + |B| < 2^(5 (count - 1)) < n: all of the digits of the
//   passes so far, at most 31 each, in place t or higher of their group shifted down by t.
//   In the last pass A = k - B - L, where L is what the groups below j will add: odd for j > 0, since their d_0 is. k and
//   n are odd, |A| + |B| < 2 n. A is even: not a multiple of n. For j > 0 A + B = k - L and A - B = k - L - 2 B are even,
//   too. The very last addition (j = 0, L = 0) can meet A = B: it is complete.
//
// In the build with relaxed SIMD P-256 does all but that last addition in pairs (p256Pair.ts), and its table holds pairs.
import { FIELD_GENERIC, FIELD_P256, SLOT, fieldKind, fieldOne, limbs, wipeSlot, wipePoint } from "./curve";
import { fieldCopy, fieldInvert, fieldMultiply, fieldSquare } from "./field";
import {
  affineGather,
  affineNegateIf,
  pairFromField,
  pairToField,
  pointFromPairs,
} from "./p256PairForm";
import { PAIR_POINT, pairAddAffine, pairDouble, pairFromAffine } from "./p256PairPoint";
import { PAIR } from "./p256PairSettle";
import { scalarMakeOdd } from "./scalar";
import {
  ENTRIES,
  WINDOW_BITS,
  gather,
  oddMultiples,
  pointMultiply,
  windowCount,
  windowEntry,
  windowOf,
  windowSign,
} from "./multiply";
import {
  POINT,
  pointAddAffine,
  pointAddComplete,
  pointBase,
  pointCopy,
  pointDouble,
  pointNegateIf,
} from "./point";

const PASSES: u32 = 4;
/** Bits of a group of the table. */
export const GROUP_BITS: u32 = PASSES * WINDOW_BITS;

/** 13 groups of 16 points, x and y of 12 limbs; pairs (x, y) of p256PairSettle.ts where the curve is computed on those. */
const tableP256: usize = memory.data(19968, 16);
/** 20 groups of 16 points, x and y of 16 limbs. */
const tableP384: usize = memory.data(40960, 16);
let madeP256: bool = false;
let madeP384: bool = false;

const oddScalar: usize = memory.data(112, 16);
const multiples: usize = memory.data(5376, 16);
const point: usize = memory.data(336, 16);
const products: usize = memory.data(1792, 16);
const inverse: usize = memory.data(112, 16);
const factor: usize = memory.data(112, 16);
const pairEntry: usize = memory.data(80, 16);
const pairSum: usize = memory.data(160, 16);

@inline
function groupCount(): u32 {
  return (windowCount() + PASSES - 1) / PASSES;
}

/** Whether the table in use has pairs of p256PairSettle.ts. */
@inline
function isInPairs(): bool {
  if (ASC_FEATURE_RELAXED_SIMD) return fieldKind == FIELD_P256;
  else return false;
}

/** Makes `multiples` affine, with one inversion for all, and writes x and y of each. */
function writeGroup(to: usize): void {
  const bytes: usize = limbs << 2;
  fieldCopy(products, multiples + 2 * SLOT);
  for (let i: usize = 1; i < ENTRIES; i++) {
    fieldMultiply(products + i * SLOT, products + (i - 1) * SLOT, multiples + i * POINT + 2 * SLOT);
  }
  fieldInvert(inverse, products + ((ENTRIES - 1) as usize) * SLOT);
  for (let i: usize = ENTRIES; i > 0; ) {
    i--;
    const p = multiples + i * POINT;
    if (i > 0) fieldMultiply(factor, inverse, products + (i - 1) * SLOT);
    else fieldCopy(factor, inverse);
    fieldMultiply(inverse, inverse, p + 2 * SLOT);
    // factor = 1 / Z
    fieldMultiply(p + SLOT, p + SLOT, factor);
    fieldSquare(factor, factor);
    fieldMultiply(p, p, factor);
    fieldMultiply(p + SLOT, p + SLOT, factor);
    if (ASC_FEATURE_RELAXED_SIMD) {
      if (isInPairs()) {
        pairFromField(to + i * PAIR, p, p + SLOT);
        continue;
      }
    }
    memory.copy(to + i * 2 * bytes, p, bytes);
    memory.copy(to + i * 2 * bytes + bytes, p + SLOT, bytes);
  }
}

function makeTable(table: usize): void {
  const group: u32 = ENTRIES * (isInPairs() ? (PAIR as u32) : 2 * (limbs << 2));
  pointBase(point);
  for (let j: u32 = 0, end = groupCount(); j < end; j++) {
    oddMultiples(multiples, point, ENTRIES);
    writeGroup(table + j * group);
    for (let i: u32 = 0; i < GROUP_BITS; i++) pointDouble(point, point);
  }
}

/** The table of the curve in use; 0 when it has none. */
function combTable(): usize {
  if (fieldKind == FIELD_GENERIC) return 0;
  if (fieldKind == FIELD_P256) {
    if (!madeP256) makeTable(tableP256);
    madeP256 = true;
    return tableP256;
  }
  if (!madeP384) makeTable(tableP384);
  madeP384 = true;
  return tableP384;
}

/** r = [k] G for tight k in 1 .. n - 1. */
export function baseMultiply(r: usize, k: usize): void {
  const table = combTable();
  if (table == 0) {
    pointBase(point);
    pointMultiply(r, k, point);
    return;
  }
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (isInPairs()) {
      multiplyInPairs(r, k, table);
      return;
    }
  }
  const negative = scalarMakeOdd(oddScalar, k);
  const count = windowCount();
  const groups = groupCount();
  const number: u32 = limbs << 2;
  const group: u32 = ENTRIES * 2 * number;
  fieldCopy(point + 2 * SLOT, fieldOne);
  for (let pass: i32 = PASSES - 1; pass >= 0; pass--) {
    if ((pass as u32) != PASSES - 1) for (let i: u32 = 0; i < WINDOW_BITS; i++) pointDouble(r, r);
    // The highest group may have no digit for this pass.
    const top: u32 = (groups - 1) * PASSES + pass < count ? groups - 1 : groups - 2;
    for (let j: i32 = top; j >= 0; j--) {
      const v = windowOf(oddScalar, j * PASSES + pass, count);
      gather(point, table + j * group, windowEntry(v), 2, number, number << 1);
      pointNegateIf(point, windowSign(v));
      if ((pass as u32) == PASSES - 1 && (j as u32) == top) pointCopy(r, point);
      else if (pass == 0 && j == 0) pointAddComplete(r, r, point);
      else pointAddAffine(r, r, point);
    }
  }
  pointNegateIf(r, negative);
}

/** The same with two multiplications at a time (p256Pair.ts); the last addition, which is complete, as above. */
function multiplyInPairs(r: usize, k: usize, table: usize): void {
  const negative = scalarMakeOdd(oddScalar, k);
  const count = windowCount();
  const groups = groupCount();
  for (let pass: i32 = PASSES - 1; pass >= 0; pass--) {
    if ((pass as u32) != PASSES - 1) for (let i: u32 = 0; i < WINDOW_BITS; i++) pairDouble(pairSum, pairSum);
    const top: u32 = (groups - 1) * PASSES + pass < count ? groups - 1 : groups - 2;
    for (let j: i32 = top; j >= 0; j--) {
      const v = windowOf(oddScalar, j * PASSES + pass, count);
      affineGather(pairEntry, table + (((j as u32) * ENTRIES) as usize) * PAIR, windowEntry(v));
      affineNegateIf(pairEntry, windowSign(v));
      if ((pass as u32) == PASSES - 1 && (j as u32) == top) pairFromAffine(pairSum, pairEntry);
      else if (pass > 0 || j > 0) pairAddAffine(pairSum, pairSum, pairEntry);
    }
  }
  pointFromPairs(r, pairSum);
  pairToField(point, point + SLOT, pairEntry);
  fieldCopy(point + 2 * SLOT, fieldOne);
  pointAddComplete(r, r, point);
  pointNegateIf(r, negative);
}

/**
 * The address of x and y of [digit] [2^(20 group)] G, a point whose Z is not set, for a public digit that is odd and between
 * -31 and 31: how verification uses the table.
 */
export function entryPublic(group: u32, digit: i32): usize {
  if (ASC_FEATURE_RELAXED_SIMD) {
    if (isInPairs()) {
      entryInPairsPublic(pairEntry, group, digit);
      pairToField(point, point + SLOT, pairEntry);
      return point;
    }
  }
  const number: u32 = limbs << 2;
  const from = combTable() + (group * ENTRIES + ((abs(digit) as u32) >>> 1)) * 2 * number;
  memory.copy(point, from, number);
  memory.copy(point + SLOT, from + number, number);
  if (digit < 0) pointNegateIf(point, 0xffffffff);
  return point;
}

/** r = the same [digit] [2^(20 group)] G as a pair (x, y), where the table has pairs. */
export function entryInPairsPublic(r: usize, group: u32, digit: i32): void {
  memory.copy(r, combTable() + ((group * ENTRIES + ((abs(digit) as u32) >>> 1)) as usize) * PAIR, PAIR);
  if (digit < 0) affineNegateIf(r, 0xffffffff);
}

/** True when [k] G is much cheaper than [k] P. */
export function hasComb(): bool {
  return fieldKind != FIELD_GENERIC;
}

export function wipeComb(): void {
  wipeSlot(oddScalar);
  memory.fill(multiples, 0, 5376);
  wipePoint(point);
  memory.fill(products, 0, 1792);
  wipeSlot(inverse);
  wipeSlot(factor);
  if (ASC_FEATURE_RELAXED_SIMD) {
    memory.fill(pairEntry, 0, PAIR);
    memory.fill(pairSum, 0, PAIR_POINT);
  }
}
