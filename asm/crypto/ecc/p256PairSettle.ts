// Pairs: two elements of the field of NIST P-256 side by side, as p256Pair.ts multiplies them.
//
// A pair is two numbers of five limbs of 52 bits, the lowest first, PAIR bytes: limb i of both is at 16 i. Limbs are doubles
// that hold signed integers. Settled: limbs 0 .. 3 are at most 2^51 + 2^9 in absolute value, limb 4 less than 2^51, so the
// number is below 8 p. Columns are the same as 64-bit integers, before they are settled: below 2^59 in absolute value.

/** Bytes of a pair. */
export const PAIR: usize = 80;

/** In both lanes. They are loaded at each use: engines make a splat anew in three instructions. */
const constants: usize = memory.data<u64>([
  // c1 and c3 of p256Pair.ts as bits; 2^52 - 1; all ones in lane 1.
  0x4678000000000000, 0x4678000000000000, 0x4338000000000000, 0x4338000000000000,
  0x000fffffffffffff, 0x000fffffffffffff, 0, 0xffffffffffffffff,
  // settle: a bias; what makes c3 + digit of bits 0 .. 51, c3 - carry of a carry, c3 + digit 4 of the rest.
  0x1008000000000000, 0x1008000000000000, 0x4330000000000000, 0x4330000000000000,
  0x4338000000000100, 0x4338000000000100, 0x4337ffffffffff00, 0x4337ffffffffff00,
  // fold: 2^60 + 2^47, 2^48 - 1; biases of limbs 0, 1 and 3, and the digit 4.
  0x1000800000000000, 0x1000800000000000, 0x0000ffffffffffff, 0x0000ffffffffffff,
  0x1007fffffffff000, 0x1007fffffffff000, 0x1108000000000000, 0x1108000000000000,
  0x1009000000000000, 0x1009000000000000, 0x43377fffefffff00, 0x43377fffefffff00,
  // 2^-52
  0x3cb0000000000000, 0x3cb0000000000000,
]);
const SETTLE: usize = 4 * 16;
const FOLD: usize = 8 * 16;
const INVERSE: usize = 14 * 16;

@inline
export function c1Vector(): v128 {
  return v128.load(constants);
}

@inline
export function c3Vector(): v128 {
  return v128.load(constants, 16);
}

/** 2^52 - 1. */
@inline
export function maskVector(): v128 {
  return v128.load(constants, 32);
}

/** All ones in lane 1. */
@inline
export function lane1Vector(): v128 {
  return v128.load(constants, 48);
}

/** a b + c, rounded once. */
@inline
export function fuse(a: v128, b: v128, c: v128): v128 {
  return f64x2.relaxed_madd(a, b, c);
}

/** r = the number of columns w0 .. w4, each below 2^59 in absolute value, the whole below 2^258: settled. */
@inline
export function settle(r: usize, w0: v128, w1: v128, w2: v128, w3: v128, w4: v128): void {
  const bias = v128.load(constants, SETTLE), mask = maskVector(), c3 = c3Vector();
  const digit = v128.load(constants, SETTLE + 16), above = v128.load(constants, SETTLE + 32);
  w0 = i64x2.add(w0, bias);
  w1 = i64x2.add(w1, bias);
  w2 = i64x2.add(w2, bias);
  w3 = i64x2.add(w3, bias);
  v128.store(r, f64x2.sub(i64x2.add(v128.and(w0, mask), digit), c3));
  carryInto(r + 16, w1, w0, mask, digit, above);
  carryInto(r + 32, w2, w1, mask, digit, above);
  carryInto(r + 48, w3, w2, mask, digit, above);
  w4 = i64x2.add(w4, v128.load(constants, SETTLE + 48));
  v128.store(r, f64x2.sub(i64x2.add(w4, i64x2.shr_u(w3, 52)), c3), 64);
}

@inline
function carryInto(r: usize, w: v128, below: v128, mask: v128, digit: v128, above: v128): void {
  // (c3 + digit) - (c3 - carry)
  v128.store(r, f64x2.sub(i64x2.add(v128.and(w, mask), digit), i64x2.sub(above, i64x2.shr_u(below, 52))));
}

/** The same for a whole that may be larger, with the multiple of p subtracted that leaves at most p / 2 and a little. */
@inline
export function fold(r: usize, w0: v128, w1: v128, w2: v128, w3: v128, w4: v128): void {
  const mask = maskVector(), c3 = c3Vector();
  const digit = v128.load(constants, SETTLE + 16), above = v128.load(constants, SETTLE + 32);
  w4 = i64x2.add(w4, v128.load(constants, FOLD));
  // 2^12 more than the multiple.
  const q = i64x2.shr_u(w4, 48);
  w0 = i64x2.add(w0, i64x2.add(q, v128.load(constants, FOLD + 32)));
  w1 = i64x2.sub(i64x2.add(w1, v128.load(constants, FOLD + 48)), i64x2.shl(q, 44));
  w2 = i64x2.add(w2, v128.load(constants, SETTLE));
  w3 = i64x2.sub(i64x2.add(w3, v128.load(constants, FOLD + 64)), i64x2.shl(q, 36));
  w4 = i64x2.add(v128.and(w4, v128.load(constants, FOLD + 16)), i64x2.add(i64x2.shl(q, 16), v128.load(constants, FOLD + 80)));
  v128.store(r, f64x2.sub(i64x2.add(v128.and(w0, mask), digit), c3));
  carryInto(r + 16, w1, w0, mask, digit, above);
  carryInto(r + 32, w2, w1, mask, digit, above);
  carryInto(r + 48, w3, w2, mask, digit, above);
  v128.store(r, f64x2.sub(i64x2.add(w4, i64x2.shr_u(w3, 52)), c3), 64);
}

/** r = the pair of doubles x0 .. x4, limbs below 2^53 in absolute value: settled. */
@inline
export function carry(r: usize, x0: v128, x1: v128, x2: v128, x3: v128, x4: v128): void {
  const c1 = c1Vector(), inverse = v128.load(constants, INVERSE);
  // Adding c1 rounds to a multiple of 2^52.
  const h0 = f64x2.sub(f64x2.add(x0, c1), c1), h1 = f64x2.sub(f64x2.add(x1, c1), c1);
  const h2 = f64x2.sub(f64x2.add(x2, c1), c1), h3 = f64x2.sub(f64x2.add(x3, c1), c1);
  v128.store(r, f64x2.sub(x0, h0));
  v128.store(r, fuse(h0, inverse, f64x2.sub(x1, h1)), 16);
  v128.store(r, fuse(h1, inverse, f64x2.sub(x2, h2)), 32);
  v128.store(r, fuse(h2, inverse, f64x2.sub(x3, h3)), 48);
  v128.store(r, fuse(h3, inverse, x4), 64);
}
