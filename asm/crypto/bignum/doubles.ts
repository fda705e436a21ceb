// Montgomery multiplication (P. L. Montgomery, "Modular multiplication without trial division", 1985) on numbers whose
// limbs are doubles, by fused multiply-add: in the build with relaxed SIMD only. N. Emmart, "Faster modular
// exponentiation using double precision floating point arithmetic on the GPU" (2018), has the idea of the product, here
// for rounding to nearest.
//
// A number has `limbs` limbs (even, at most MAX_DOUBLES), least significant first: whole numbers of 51 bits in doubles,
// balanced, of magnitude at most 2^50 + 2^8, the highest limb signed as the number is. Two limbs of zero come after
// them. R = 2^(51 limbs).
//
// Products. For whole a and b with |a b| <= 2^102 and C = 3 * 2^102, whose neighbours lie 2^51 apart:
//   high = fma(a, b, C) is C + 2^51 h, where h is a b / 2^51 rounded to nearest;
//   low  = fma(a, b, C + 3 * 2^51 - high) is 3 * 2^51 + l with l = a b - 2^51 h, |l| <= 2^50; both steps are exact.
// Taken as a 64-bit integer, high is HIGH_BITS + h and low is LOW_BITS + l. So they are added as integers, to columns
// that began with the constants subtracted (`offsets`): modulo 2^64 the constants go, the sums stay. Two products a b and
// n q for one column, together at most 2^102, are added before they are integers, which saves an addition:
// highs = fma(n, q, high) is C + 2^51 (h + h'), fma(n, q, high - highs) is l', and low + l' is 3 * 2^51 + l + l', all
// exact.
// Operands are whole and either zero or at least 1, constants and sums are normal: nothing is denormal, infinite or a
// NaN, whose time could differ. Should a processor round twice (an engine may do that), every result is wrong: whoever
// loads the build must have tried a product.
//
// Columns. `columns` holds for each pair of columns 2 j and 2 j + 1 a vector for these and one for 2 j + 1 and 2 j + 2:
// then products of a pair of limbs with one limb go into one vector, without a shuffle. A row puts l of one product into
// a column and h of another, for a b and for q N. |l| <= 2^50; |h| <= 2^49 + 2^8, twice that where a square's products
// are doubled, but then in half of the rows. So a column gets less than 3 * 2^50 + 2^10 from each row and less than
// 2^58 from the 82 rows of 4096 bits. Carries wait until the end.
//
// The modulus is N' = k N with k = -1 / N modulo 2^51, so that N' = -1 modulo 2^51: the lowest column is q itself, taken
// balanced, and q N' = -q there. |N'| < 2^(bits + 51) <= 2^(51 limbs - 8) = R / 2^8.
// Values. For |a|, |b| <= 4 N': |a b + q N'| / R <= 16 N' / 2^8 + N' (1/2 + 2^-40), which is below 0.6 N'. So results,
// and their doubles, go into the next product as they are.

/** Bits of a limb. */
export const DOUBLE_BITS: u32 = 51;
export const DOUBLE_MASK: u64 = 0x7ffffffffffff;
/** Enough for 4096 bits. */
const MAX_DOUBLES: usize = 82;
/** 32 bytes for each of the pairs of columns of the largest product. */
const COLUMNS_SIZE: usize = 32 * (MAX_DOUBLES + 1);
/** 16 bytes of each operand for each of their pairs of limbs. */
const OPERANDS_SIZE: usize = 16 * MAX_DOUBLES;

/** The bits of 3 * 2^102 and of 3 * 2^51. */
const HIGH_BITS: i64 = 0x4668000000000000;
const LOW_BITS: i64 = 0x4338000000000000;

/**
 * What `high` adds, C; what `low` adds, C + 3 * 2^51; 3 * 2^51: two of each. These and those of `carrying` are loaded,
 * because V8 makes a constant vector anew at each use, in three instructions or four.
 */
const constants: usize = memory.data<f64>(
  [
    15211807202738752817960438464512.0, 15211807202738752817960438464512.0, 15211807202738759573359879520256.0,
    15211807202738759573359879520256.0, 6755399441055744.0, 6755399441055744.0,
  ],
  16,
);
/** With it columns are positive, and carries round: 2^62, which is 2^11 carries and no limb, and half a limb. */
const CARRYING_BIAS: i64 = (1 << 62) + (1 << 50);
const CARRIES_OF_BIAS: i64 = 1 << 11;
/** From a limb with half a limb and the carries of the bias too many to 3 * 2^51 + limb. */
const TO_DOUBLE: i64 = LOW_BITS - (1 << 50) - CARRIES_OF_BIAS;
/** For the carries at the end, two of each: the bias, the mask of a limb, TO_DOUBLE. */
const carrying: usize = memory.data<i64>(
  [CARRYING_BIAS, CARRYING_BIAS, DOUBLE_MASK as i64, DOUBLE_MASK as i64, TO_DOUBLE, TO_DOUBLE],
  16,
);

const columns: usize = memory.data(COLUMNS_SIZE as i32, 16);
const productOffsets: usize = memory.data(COLUMNS_SIZE as i32, 16);
const squareOffsets: usize = memory.data(COLUMNS_SIZE as i32, 16);
/** For each pair of limbs 16 bytes of a, in a square doubled above the rows in work, and 16 of N'. */
const operands: usize = memory.data(OPERANDS_SIZE as i32, 16);

/** Limbs of a number for a modulus of `bits` bits, which has `limbs29` limbs of 29 bits: see the head of the file. */
export function doublesFor(bits: u32, limbs29: u32): u32 {
  return ((max(bits + DOUBLE_BITS + 8, 29 * limbs29) + DOUBLE_BITS - 1) / DOUBLE_BITS + 1) & ~1;
}

@inline
export function doublesSize(limbs: u32): u32 {
  return (limbs << 3) + 16;
}

/** C + 2^51 h: see the head of the file. */
@inline
function high(a: v128, b: v128, forHigh: v128): v128 {
  return f64x2.relaxed_madd(a, b, forHigh);
}

/** 3 * 2^51 + l, for the `high` of the same product. */
@inline
function low(a: v128, b: v128, high: v128, forLow: v128): v128 {
  return f64x2.relaxed_madd(a, b, f64x2.sub(forLow, high));
}

/** The low 51 bits, balanced: -2^50 .. 2^50 - 1. */
@inline
function balanced(column: i64): i64 {
  return (column << 13) >> 13;
}

/** Prepares products and squares modulo n, which has `limbs` limbs: at each use, so that traces are all the same. */
export function prepareDoubles(n: usize, limbs: u32): void {
  memory.fill(productOffsets, 0, COLUMNS_SIZE);
  memory.fill(squareOffsets, 0, COLUMNS_SIZE);
  const pairs: usize = limbs >>> 1;
  for (let row: usize = 0; row < pairs; row++) {
    v128.store(operands + (row << 5), v128.load(n + (row << 4)), 16);
    for (let k: usize = 0; k < pairs; k++) {
      // The products of the lowest pair are added one by one; a square leaves those below the diagonal out.
      subtractOffsets(productOffsets + ((row + k) << 5), k == 0 ? 2 : 1);
      subtractOffsets(squareOffsets + ((row + k) << 5), k == 0 && row == 0 ? 2 : 1);
    }
  }
}

/** Two rows put this into two pairs of columns, `times` times. */
@inline
function subtractOffsets(at: usize, times: i64): void {
  v128.store(at, i64x2.sub(v128.load(at), i64x2.splat(times * LOW_BITS)));
  v128.store(at, i64x2.sub(v128.load(at, 16), i64x2.splat(times * (LOW_BITS + HIGH_BITS))), 16);
  v128.store(at, i64x2.sub(v128.load(at, 32), i64x2.splat(times * HIGH_BITS)), 32);
}

/** 3 * 2^51 + l of a b + l of n q, where `highs` adds 2^51 h of n q to `high`, the `high` of a b. */
@inline
function lows(a: v128, b: v128, high: v128, n: v128, q: v128, highs: v128, forLow: v128): v128 {
  return f64x2.add(low(a, b, high, forLow), f64x2.relaxed_madd(n, q, f64x2.sub(high, highs)));
}

/**
 * Adds the products of a pair of limbs of a with b0 and b1, and of a pair of limbs of N' with q0 and q1, to the columns
 * at `t`, and what the pair below carried up: the h of its products with b1 and q1.
 * @returns the same for the pair above.
 */
@inline
function addPair(
  t: usize, a: v128, n: v128, b0: v128, b1: v128, q0: v128, q1: v128, below: v128, forHigh: v128, forLow: v128,
): v128 {
  const ab0 = high(a, b0, forHigh), ab1 = high(a, b1, forHigh), highs0 = high(n, q0, ab0), highs1 = high(n, q1, ab1);
  v128.store(t, i64x2.add(i64x2.add(v128.load(t), below), lows(a, b0, ab0, n, q0, highs0, forLow)));
  v128.store(t, i64x2.add(i64x2.add(v128.load(t, 16), highs0), lows(a, b1, ab1, n, q1, highs1, forLow)), 16);
  return highs1;
}

/** The same with N' alone. */
@inline
function addPairOfModulus(t: usize, n: v128, q0: v128, q1: v128, below: v128, forHigh: v128, forLow: v128): v128 {
  const nq0 = high(n, q0, forHigh), nq1 = high(n, q1, forHigh);
  v128.store(t, i64x2.add(i64x2.add(v128.load(t), below), low(n, q0, nq0, forLow)));
  v128.store(t, i64x2.add(v128.load(t, 16), i64x2.add(nq0, low(n, q1, nq1, forLow))), 16);
  return nq1;
}

/**
 * Pairs from the third on of two rows, whose lowest columns are at `t`. `row` counts bytes of `operands`: in a square,
 * pairs of a below it are left out.
 */
@inline
function addHigherPairs(
  t: usize, end: usize, row: usize, b0: v128, b1: v128, q0: v128, q1: v128, below: v128, forHigh: v128, forLow: v128,
  square: bool,
): void {
  let pair = operands + 64;
  t += 64;
  if (square) {
    for (; pair < row; pair += 32, t += 32) {
      below = addPairOfModulus(t, v128.load(pair, 16), q0, q1, below, forHigh, forLow);
    }
  }
  for (; pair < end; pair += 32, t += 32) {
    below = addPair(t, v128.load(pair), v128.load(pair, 16), b0, b1, q0, q1, below, forHigh, forLow);
  }
  v128.store(t, i64x2.add(v128.load(t), below));
}

/**
 * r = (a b + q N') / R * 2^shift. Two rows are added in each pass. Its q0 and q1 depend on the two pairs of columns that
 * the pass before adds to first; what that pass adds above them is left until q0 and q1 are known, so that the
 * processor need not wait for them.
 */
@inline
function montRows(r: usize, a: usize, b: usize, limbs: u32, shift: i32, square: bool): void {
  const size: usize = limbs << 3;
  const offsets = square ? squareOffsets : productOffsets;
  for (let i: usize = 0, end: usize = (limbs + 1) << 5; i < end; i += 32) {
    v128.store(columns + i, v128.load(offsets + i));
    v128.store(columns + i, v128.load(offsets + i, 16), 16);
  }
  for (let i: usize = 0; i < size; i += 16) {
    const pair = v128.load(a + i);
    v128.store(operands + (i << 1), square ? f64x2.add(pair, pair) : pair);
  }
  const forHigh = v128.load(constants), forLow = v128.load(constants, 16);
  const n0 = v128.load(operands, 16), n1 = v128.load(operands, 48);
  const secondOfN = load<f64>(operands, 24) as i64;
  const higherEnd = operands + (size << 1);
  let t = columns;
  let carry: i64 = 0;
  let b0 = v128.load64_splat(b), b1 = b0, q0 = b0, q1 = b0, below = b0;
  for (let row: usize = 0; row < size; row += 16, t += 32) {
    const nextB0 = v128.load64_splat(b + row), nextB1 = v128.load64_splat(b + row, 8);
    let even = v128.load(t), odd = v128.load(t, 16), above = i64x2.splat(0);
    if (!square || row == 0) {
      const a0 = v128.load(a);
      const h = high(a0, nextB0, forHigh);
      above = high(a0, nextB1, forHigh);
      even = i64x2.add(even, low(a0, nextB0, h, forLow));
      odd = i64x2.add(odd, i64x2.add(h, low(a0, nextB1, above, forLow)));
    }
    // q0 and q1 by integers: the low half of the product of q0 with the second limb of N' is known modulo 2^51, and of
    // the products with the first, -1, the low halves are -q0 and -q1, the high ones 0.
    const column0 = i64x2.extract_lane(even, 0) + LOW_BITS + carry;
    const digit0 = balanced(column0);
    const carry0 = (column0 - digit0) >> DOUBLE_BITS;
    const column1 = i64x2.extract_lane(even, 1) + i64x2.extract_lane(odd, 0) + 2 * LOW_BITS + HIGH_BITS + carry0;
    const digit1 = balanced(column1 + digit0 * secondOfN);
    const nextQ0 = f64x2.splat(digit0 as f64), nextQ1 = f64x2.splat(digit1 as f64);
    const nq0 = high(n0, nextQ0, forHigh), nq1 = high(n0, nextQ1, forHigh);
    even = i64x2.add(even, low(n0, nextQ0, nq0, forLow));
    odd = i64x2.add(odd, i64x2.add(nq0, low(n0, nextQ1, nq1, forLow)));
    above = i64x2.add(above, nq1);
    const sum1 = i64x2.extract_lane(even, 1) + i64x2.extract_lane(odd, 0) + carry0;
    carry = (sum1 >> DOUBLE_BITS) + i64x2.extract_lane(odd, 1);
    if (row != 0) addHigherPairs(t - 32, higherEnd, operands + ((row - 16) << 1), b0, b1, q0, q1, below, forHigh, forLow, square);
    b0 = nextB0;
    b1 = nextB1;
    q0 = nextQ0;
    q1 = nextQ1;
    // Products of the two limbs within these rows have their mirror image there.
    if (square) v128.store(operands + (row << 1), v128.load(b + row));
    if (!square || row <= 16) below = addPair(t + 32, v128.load(operands, 32), n1, b0, b1, q0, q1, above, forHigh, forLow);
    else below = addPairOfModulus(t + 32, n1, q0, q1, above, forHigh, forLow);
  }
  addHigherPairs(t - 32, higherEnd, higherEnd - 32, b0, b1, q0, q1, below, forHigh, forLow, square);
  columnsToDoubles(r, t, carry, limbs, shift);
}

/**
 * The columns at `t`, with `carry` into the lowest, times 2^shift (0 or 1), as limbs of r: one round of carries, in all
 * columns at once. Columns are below 2^59 in magnitude then, so carries are at most 2^8; the value is below
 * R / 2^2, so none leaves the highest limb.
 */
@inline
function columnsToDoubles(r: usize, t: usize, carry: i64, limbs: u32, shift: i32): void {
  const bias = v128.load(carrying), mask = v128.load(carrying, 16), toDouble = v128.load(carrying, 32);
  const constant = v128.load(constants, 32);
  let oddBefore = i64x2.splat(carry);
  let carriesBefore = i64x2.splat(CARRIES_OF_BIAS);
  for (const end = r + (limbs << 3); r < end; r += 16, t += 32) {
    const odd = v128.load(t, 16);
    const sum = i64x2.add(v128.load(t), v128.shuffle<u64>(oddBefore, odd, 1, 2));
    oddBefore = odd;
    const column = i64x2.add(i64x2.shl(sum, shift), bias);
    const carries = i64x2.shr_u(column, DOUBLE_BITS);
    const limb = i64x2.add(v128.and(column, mask), v128.shuffle<u64>(carriesBefore, carries, 1, 2));
    carriesBefore = carries;
    v128.store(r, f64x2.sub(i64x2.add(limb, toDouble), constant));
  }
}

/** r = a b / R modulo N', where |a|, |b| <= 4 N'; |r| < 0.6 N'. r may be a or b. Prepared by prepareDoubles(n, limbs), where n = N'. */
export function multiplyDoubles(r: usize, a: usize, b: usize, limbs: u32): void {
  montRows(r, a, b, limbs, 0, false);
}

/** r = a^2 / R modulo N', times 2^shift: as multiplyDoubles; shift is 0 or 1. r may be a. */
export function squareDoubles(r: usize, a: usize, limbs: u32, shift: i32): void {
  montRows(r, a, a, limbs, shift, true);
}

/** Wipes what products leave in static memory. */
export function wipeDoubles(): void {
  memory.fill(columns, 0, COLUMNS_SIZE);
  memory.fill(operands, 0, OPERANDS_SIZE);
}
