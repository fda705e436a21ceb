// Two multiplications at a time in the field of NIST P-256 (SP 800-186, 3.2.1.3), one in each lane of f64x2, for the build
// with relaxed SIMD. p = 2^256 - 2^224 + 2^192 + 2^96 - 1; Montgomery's reduction with R = 2^260.
//
// A pair is two numbers of five limbs of 52 bits, the lowest first, PAIR bytes: limb i of both is at 16 i. Limbs are doubles
// that hold signed integers. "Settled": limbs 0 .. 3 are at most 2^51 + 2^9 in absolute value, limb 4 less than 2^51.
// Factors are settled.
//
// Products (N. Emmart, J. Luitjens, C. Weems, C. Woolley, "Optimizing modular multiplication for NVIDIA's Maxwell GPUs",
// 2016, here with rounding to nearest): with c1 = 1.5 2^104, h = fma(a, b, c1) is c1 plus a b rounded to a multiple of 2^52, because
// c1 + a b, |a b| < 2^103, lies where doubles are that far apart; fma(a, b, c1 - h) is the rest, exactly, at most 2^51 in
// absolute value. The bits of h, as an integer, count the multiples of 2^52 from those of c1 on; the rest plus c3 = 1.5 2^52
// counts ones from those of c3 on. So both are added to columns of 64-bit integers as they are, and what the bits of c1 and c3 come to is
// taken off by what the columns begin with. If the processor rounded a b before it adds, this would be wrong: the build is for
// those that fuse (src/engine/relaxedSimd.ts).
//
// Reduction: -1 / p modulo 2^52 is 1, so the low 52 bits m of a column are themselves the multiple of p to add:
//   m p = m 2^(4*52 + 48) - m 2^(4*52 + 16) + m 2^(3*52 + 36) + m 2^(52 + 44) - m
// in shifts, of which what is above 52 bits goes to the next column, and the last term only clears the column.
//
// Bounds. Columns: at most five products and their upper halves, below 2^55, and twelve terms below 2^52 of the
//   reduction. They begin 2^60 higher, a multiple of 2^52, so that they are positive and carries need no sign; each carry then has 2^8 too
//   many, which the next column begins lower.
//   Values: (a b + m p) / R with 0 <= m < R, R > 15 p: for |a| <= A p, |b| <= B p in (-A B p / 15, p + A B p / 15).
//   Squares: the products that count twice are doubled as columns: a doubled limb would break |a b| < 2^103.
// Time, branches and addresses do not depend on values. Doubles are integers of ordinary size: none is ever subnormal.

/** Bytes of a pair. */
export const PAIR: usize = 80;

/** Constants, each in both lanes. They are loaded where they are used: engines make a splat anew at each use. */
const constants: usize = memory.data<u64>([
  // c1 and c3 as bits; 2^52 - 1.
  0x4678000000000000, 0x4678000000000000, 0x4338000000000000, 0x4338000000000000,
  0x000fffffffffffff, 0x000fffffffffffff,
  // What the columns of a product begin with.
  0xccc8000000000000, 0xccc8000000000000, 0x4317ffffffffff00, 0x4317ffffffffff00,
  0xb967ffffffffff00, 0xb967ffffffffff00, 0x2fb7ffffffffff00, 0x2fb7ffffffffff00,
  0xa607ffffffffff00, 0xa607ffffffffff00, 0x92c7ffffffffff00, 0x92c7ffffffffff00,
  0x1c78000000000000, 0x1c78000000000000, 0xa628000000000000, 0xa628000000000000,
  0x2fd8000000000000, 0x2fd8000000000000, 0xb988000000000000, 0xb988000000000000,
  // What those of a square begin with, columns 1 .. 8 being doubled.
  0xccc8000000000000, 0xccc8000000000000, 0xa18bffffffffff80, 0xa18bffffffffff80,
  0x5cb3ffffffffff80, 0x5cb3ffffffffff80, 0x17dbffffffffff80, 0x17dbffffffffff80,
  0xd303ffffffffff80, 0xd303ffffffffff80, 0xc963ffffffffff80, 0xc963ffffffffff80,
  0x0e3c000000000000, 0x0e3c000000000000, 0x5314000000000000, 0x5314000000000000,
  0x97ec000000000000, 0x97ec000000000000, 0xb988000000000000, 0xb988000000000000,
  // settle: a bias; what makes c3 + digit of bits 0 .. 51, c3 - carry of a carry, c3 + digit 4 of the rest.
  0x1008000000000000, 0x1008000000000000, 0x4330000000000000, 0x4330000000000000,
  0x4338000000000100, 0x4338000000000100, 0x4337ffffffffff00, 0x4337ffffffffff00,
  // fold: 2^60 + 2^47, 2^48 - 1; biases of limbs 0, 1 and 3, and the digit 4.
  0x1000800000000000, 0x1000800000000000, 0x0000ffffffffffff, 0x0000ffffffffffff,
  0x1007fffffffff000, 0x1007fffffffff000, 0x1108000000000000, 0x1108000000000000,
  0x1009000000000000, 0x1009000000000000, 0x43377fffefffff00, 0x43377fffefffff00,
  // 2^-52
  0x3cb0000000000000, 0x3cb0000000000000,
  // All ones in lane 1.
  0, 0xffffffffffffffff,
]);
const MASK: usize = 2 * 16;
const PRODUCT: usize = 3 * 16;
const SQUARE: usize = 13 * 16;
const SETTLE: usize = 23 * 16;
const FOLD: usize = 27 * 16;
const INVERSE: usize = 33 * 16;
const LANE1: usize = 34 * 16;

/** a b + c, rounded once. */
@inline
export function fuse(a: v128, b: v128, c: v128): v128 {
  // The other build has no use for it.
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  else return unreachable();
}

/** The rest of a b, for h = fma(a, b, c1). */
@inline
function low(a: v128, b: v128, h: v128, c1: v128, c3: v128): v128 {
  return f64x2.add(fuse(a, b, f64x2.sub(c1, h)), c3);
}

/** Which lanes of two pairs a factor is made of: those of the first, or 0 and 0, 0 and 1, 1 and 0, 1 and 1 of each. */
export const BOTH: u32 = 0;
export const LOW_LOW: u32 = 1;
export const LOW_HIGH: u32 = 2;
export const HIGH_LOW: u32 = 3;
export const HIGH_HIGH: u32 = 4;

@inline
function pick(lanes: u32, a: v128, b: v128): v128 {
  if (lanes == LOW_LOW) return v128.shuffle<u64>(a, b, 0, 2);
  else if (lanes == LOW_HIGH) return v128.shuffle<u64>(a, b, 0, 3);
  else if (lanes == HIGH_LOW) return v128.shuffle<u64>(a, b, 1, 2);
  else if (lanes == HIGH_HIGH) return v128.shuffle<u64>(a, b, 1, 3);
  else return a;
}

/** a b / R modulo p for factors that are picked from two pairs each; `then` says what comes of it (finish). */
@inline
export function pairProduct(
  r: usize, then: u32, t: usize, lanesOfA: u32, a: usize, a_: usize, lanesOfB: u32, b: usize, b_: usize,
): void {
  const c1 = v128.load(constants), c3 = v128.load(constants, 16), mask = v128.load(constants, MASK);
  const a0 = pick(lanesOfA, v128.load(a), v128.load(a_));
  const a1 = pick(lanesOfA, v128.load(a, 16), v128.load(a_, 16));
  const a2 = pick(lanesOfA, v128.load(a, 32), v128.load(a_, 32));
  const a3 = pick(lanesOfA, v128.load(a, 48), v128.load(a_, 48));
  const a4 = pick(lanesOfA, v128.load(a, 64), v128.load(a_, 64));
  let w0 = v128.load(constants, PRODUCT);
  let w1 = v128.load(constants, PRODUCT + 16);
  let w2 = v128.load(constants, PRODUCT + 32);
  let w3 = v128.load(constants, PRODUCT + 48);
  let w4 = v128.load(constants, PRODUCT + 64);
  let w5 = v128.load(constants, PRODUCT + 80);
  let w6 = v128.load(constants, PRODUCT + 96);
  let w7 = v128.load(constants, PRODUCT + 112);
  let w8 = v128.load(constants, PRODUCT + 128);
  let w9 = v128.load(constants, PRODUCT + 144);
  let bi: v128, h: v128, m: v128;
  bi = pick(lanesOfB, v128.load(b), v128.load(b_));
  h = fuse(a0, bi, c1);
  w0 = i64x2.add(w0, low(a0, bi, h, c1, c3));
  w1 = i64x2.add(w1, h);
  h = fuse(a1, bi, c1);
  w1 = i64x2.add(w1, low(a1, bi, h, c1, c3));
  w2 = i64x2.add(w2, h);
  h = fuse(a2, bi, c1);
  w2 = i64x2.add(w2, low(a2, bi, h, c1, c3));
  w3 = i64x2.add(w3, h);
  h = fuse(a3, bi, c1);
  w3 = i64x2.add(w3, low(a3, bi, h, c1, c3));
  w4 = i64x2.add(w4, h);
  h = fuse(a4, bi, c1);
  w4 = i64x2.add(w4, low(a4, bi, h, c1, c3));
  w5 = i64x2.add(w5, h);
  // Row 0.
  m = v128.and(w0, mask);
  w1 = i64x2.add(w1, i64x2.add(i64x2.shr_u(w0, 52), v128.and(i64x2.shl(w0, 44), mask)));
  w2 = i64x2.add(w2, i64x2.shr_u(m, 8));
  w3 = i64x2.add(w3, v128.and(i64x2.shl(w0, 36), mask));
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w0, 48), mask)));
  w4 = i64x2.sub(w4, v128.and(i64x2.shl(w0, 16), mask));
  w5 = i64x2.add(w5, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  bi = pick(lanesOfB, v128.load(b, 16), v128.load(b_, 16));
  h = fuse(a0, bi, c1);
  w1 = i64x2.add(w1, low(a0, bi, h, c1, c3));
  w2 = i64x2.add(w2, h);
  h = fuse(a1, bi, c1);
  w2 = i64x2.add(w2, low(a1, bi, h, c1, c3));
  w3 = i64x2.add(w3, h);
  h = fuse(a2, bi, c1);
  w3 = i64x2.add(w3, low(a2, bi, h, c1, c3));
  w4 = i64x2.add(w4, h);
  h = fuse(a3, bi, c1);
  w4 = i64x2.add(w4, low(a3, bi, h, c1, c3));
  w5 = i64x2.add(w5, h);
  h = fuse(a4, bi, c1);
  w5 = i64x2.add(w5, low(a4, bi, h, c1, c3));
  w6 = i64x2.add(w6, h);
  // Row 1.
  m = v128.and(w1, mask);
  w2 = i64x2.add(w2, i64x2.add(i64x2.shr_u(w1, 52), v128.and(i64x2.shl(w1, 44), mask)));
  w3 = i64x2.add(w3, i64x2.shr_u(m, 8));
  w4 = i64x2.add(w4, v128.and(i64x2.shl(w1, 36), mask));
  w5 = i64x2.add(w5, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w1, 48), mask)));
  w5 = i64x2.sub(w5, v128.and(i64x2.shl(w1, 16), mask));
  w6 = i64x2.add(w6, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  bi = pick(lanesOfB, v128.load(b, 32), v128.load(b_, 32));
  h = fuse(a0, bi, c1);
  w2 = i64x2.add(w2, low(a0, bi, h, c1, c3));
  w3 = i64x2.add(w3, h);
  h = fuse(a1, bi, c1);
  w3 = i64x2.add(w3, low(a1, bi, h, c1, c3));
  w4 = i64x2.add(w4, h);
  h = fuse(a2, bi, c1);
  w4 = i64x2.add(w4, low(a2, bi, h, c1, c3));
  w5 = i64x2.add(w5, h);
  h = fuse(a3, bi, c1);
  w5 = i64x2.add(w5, low(a3, bi, h, c1, c3));
  w6 = i64x2.add(w6, h);
  h = fuse(a4, bi, c1);
  w6 = i64x2.add(w6, low(a4, bi, h, c1, c3));
  w7 = i64x2.add(w7, h);
  // Row 2.
  m = v128.and(w2, mask);
  w3 = i64x2.add(w3, i64x2.add(i64x2.shr_u(w2, 52), v128.and(i64x2.shl(w2, 44), mask)));
  w4 = i64x2.add(w4, i64x2.shr_u(m, 8));
  w5 = i64x2.add(w5, v128.and(i64x2.shl(w2, 36), mask));
  w6 = i64x2.add(w6, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w2, 48), mask)));
  w6 = i64x2.sub(w6, v128.and(i64x2.shl(w2, 16), mask));
  w7 = i64x2.add(w7, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  bi = pick(lanesOfB, v128.load(b, 48), v128.load(b_, 48));
  h = fuse(a0, bi, c1);
  w3 = i64x2.add(w3, low(a0, bi, h, c1, c3));
  w4 = i64x2.add(w4, h);
  h = fuse(a1, bi, c1);
  w4 = i64x2.add(w4, low(a1, bi, h, c1, c3));
  w5 = i64x2.add(w5, h);
  h = fuse(a2, bi, c1);
  w5 = i64x2.add(w5, low(a2, bi, h, c1, c3));
  w6 = i64x2.add(w6, h);
  h = fuse(a3, bi, c1);
  w6 = i64x2.add(w6, low(a3, bi, h, c1, c3));
  w7 = i64x2.add(w7, h);
  h = fuse(a4, bi, c1);
  w7 = i64x2.add(w7, low(a4, bi, h, c1, c3));
  w8 = i64x2.add(w8, h);
  // Row 3.
  m = v128.and(w3, mask);
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(w3, 52), v128.and(i64x2.shl(w3, 44), mask)));
  w5 = i64x2.add(w5, i64x2.shr_u(m, 8));
  w6 = i64x2.add(w6, v128.and(i64x2.shl(w3, 36), mask));
  w7 = i64x2.add(w7, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w3, 48), mask)));
  w7 = i64x2.sub(w7, v128.and(i64x2.shl(w3, 16), mask));
  w8 = i64x2.add(w8, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  bi = pick(lanesOfB, v128.load(b, 64), v128.load(b_, 64));
  h = fuse(a0, bi, c1);
  w4 = i64x2.add(w4, low(a0, bi, h, c1, c3));
  w5 = i64x2.add(w5, h);
  h = fuse(a1, bi, c1);
  w5 = i64x2.add(w5, low(a1, bi, h, c1, c3));
  w6 = i64x2.add(w6, h);
  h = fuse(a2, bi, c1);
  w6 = i64x2.add(w6, low(a2, bi, h, c1, c3));
  w7 = i64x2.add(w7, h);
  h = fuse(a3, bi, c1);
  w7 = i64x2.add(w7, low(a3, bi, h, c1, c3));
  w8 = i64x2.add(w8, h);
  h = fuse(a4, bi, c1);
  w8 = i64x2.add(w8, low(a4, bi, h, c1, c3));
  w9 = i64x2.add(w9, h);
  // Row 4.
  m = v128.and(w4, mask);
  w5 = i64x2.add(w5, i64x2.add(i64x2.shr_u(w4, 52), v128.and(i64x2.shl(w4, 44), mask)));
  w6 = i64x2.add(w6, i64x2.shr_u(m, 8));
  w7 = i64x2.add(w7, v128.and(i64x2.shl(w4, 36), mask));
  w8 = i64x2.add(w8, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w4, 48), mask)));
  w8 = i64x2.sub(w8, v128.and(i64x2.shl(w4, 16), mask));
  w9 = i64x2.add(w9, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  finish(r, then, t, w5, w6, w7, w8, w9);
}

/** The same for a square. */
@inline
export function pairSquareOf(r: usize, then: u32, t: usize, lanesOfA: u32, a: usize, a_: usize): void {
  const c1 = v128.load(constants), c3 = v128.load(constants, 16), mask = v128.load(constants, MASK);
  const a0 = pick(lanesOfA, v128.load(a), v128.load(a_));
  const a1 = pick(lanesOfA, v128.load(a, 16), v128.load(a_, 16));
  const a2 = pick(lanesOfA, v128.load(a, 32), v128.load(a_, 32));
  const a3 = pick(lanesOfA, v128.load(a, 48), v128.load(a_, 48));
  const a4 = pick(lanesOfA, v128.load(a, 64), v128.load(a_, 64));
  let w0 = v128.load(constants, SQUARE);
  let w1 = v128.load(constants, SQUARE + 16);
  let w2 = v128.load(constants, SQUARE + 32);
  let w3 = v128.load(constants, SQUARE + 48);
  let w4 = v128.load(constants, SQUARE + 64);
  let w5 = v128.load(constants, SQUARE + 80);
  let w6 = v128.load(constants, SQUARE + 96);
  let w7 = v128.load(constants, SQUARE + 112);
  let w8 = v128.load(constants, SQUARE + 128);
  let w9 = v128.load(constants, SQUARE + 144);
  let h: v128, m: v128;
  h = fuse(a0, a1, c1);
  w1 = i64x2.add(w1, low(a0, a1, h, c1, c3));
  w2 = i64x2.add(w2, h);
  h = fuse(a0, a2, c1);
  w2 = i64x2.add(w2, low(a0, a2, h, c1, c3));
  w3 = i64x2.add(w3, h);
  h = fuse(a0, a3, c1);
  w3 = i64x2.add(w3, low(a0, a3, h, c1, c3));
  w4 = i64x2.add(w4, h);
  h = fuse(a0, a4, c1);
  w4 = i64x2.add(w4, low(a0, a4, h, c1, c3));
  w5 = i64x2.add(w5, h);
  h = fuse(a1, a2, c1);
  w3 = i64x2.add(w3, low(a1, a2, h, c1, c3));
  w4 = i64x2.add(w4, h);
  h = fuse(a1, a3, c1);
  w4 = i64x2.add(w4, low(a1, a3, h, c1, c3));
  w5 = i64x2.add(w5, h);
  h = fuse(a1, a4, c1);
  w5 = i64x2.add(w5, low(a1, a4, h, c1, c3));
  w6 = i64x2.add(w6, h);
  h = fuse(a2, a3, c1);
  w5 = i64x2.add(w5, low(a2, a3, h, c1, c3));
  w6 = i64x2.add(w6, h);
  h = fuse(a2, a4, c1);
  w6 = i64x2.add(w6, low(a2, a4, h, c1, c3));
  w7 = i64x2.add(w7, h);
  h = fuse(a3, a4, c1);
  w7 = i64x2.add(w7, low(a3, a4, h, c1, c3));
  w8 = i64x2.add(w8, h);
  h = fuse(a0, a0, c1);
  w0 = i64x2.add(w0, low(a0, a0, h, c1, c3));
  w1 = i64x2.add(i64x2.shl(w1, 1), h);
  h = fuse(a1, a1, c1);
  w2 = i64x2.add(i64x2.shl(w2, 1), low(a1, a1, h, c1, c3));
  w3 = i64x2.add(i64x2.shl(w3, 1), h);
  h = fuse(a2, a2, c1);
  w4 = i64x2.add(i64x2.shl(w4, 1), low(a2, a2, h, c1, c3));
  w5 = i64x2.add(i64x2.shl(w5, 1), h);
  h = fuse(a3, a3, c1);
  w6 = i64x2.add(i64x2.shl(w6, 1), low(a3, a3, h, c1, c3));
  w7 = i64x2.add(i64x2.shl(w7, 1), h);
  h = fuse(a4, a4, c1);
  w8 = i64x2.add(i64x2.shl(w8, 1), low(a4, a4, h, c1, c3));
  w9 = i64x2.add(w9, h);
  // Row 0.
  m = v128.and(w0, mask);
  w1 = i64x2.add(w1, i64x2.add(i64x2.shr_u(w0, 52), v128.and(i64x2.shl(w0, 44), mask)));
  w2 = i64x2.add(w2, i64x2.shr_u(m, 8));
  w3 = i64x2.add(w3, v128.and(i64x2.shl(w0, 36), mask));
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w0, 48), mask)));
  w4 = i64x2.sub(w4, v128.and(i64x2.shl(w0, 16), mask));
  w5 = i64x2.add(w5, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // Row 1.
  m = v128.and(w1, mask);
  w2 = i64x2.add(w2, i64x2.add(i64x2.shr_u(w1, 52), v128.and(i64x2.shl(w1, 44), mask)));
  w3 = i64x2.add(w3, i64x2.shr_u(m, 8));
  w4 = i64x2.add(w4, v128.and(i64x2.shl(w1, 36), mask));
  w5 = i64x2.add(w5, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w1, 48), mask)));
  w5 = i64x2.sub(w5, v128.and(i64x2.shl(w1, 16), mask));
  w6 = i64x2.add(w6, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // Row 2.
  m = v128.and(w2, mask);
  w3 = i64x2.add(w3, i64x2.add(i64x2.shr_u(w2, 52), v128.and(i64x2.shl(w2, 44), mask)));
  w4 = i64x2.add(w4, i64x2.shr_u(m, 8));
  w5 = i64x2.add(w5, v128.and(i64x2.shl(w2, 36), mask));
  w6 = i64x2.add(w6, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w2, 48), mask)));
  w6 = i64x2.sub(w6, v128.and(i64x2.shl(w2, 16), mask));
  w7 = i64x2.add(w7, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // Row 3.
  m = v128.and(w3, mask);
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(w3, 52), v128.and(i64x2.shl(w3, 44), mask)));
  w5 = i64x2.add(w5, i64x2.shr_u(m, 8));
  w6 = i64x2.add(w6, v128.and(i64x2.shl(w3, 36), mask));
  w7 = i64x2.add(w7, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w3, 48), mask)));
  w7 = i64x2.sub(w7, v128.and(i64x2.shl(w3, 16), mask));
  w8 = i64x2.add(w8, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // Row 4.
  m = v128.and(w4, mask);
  w5 = i64x2.add(w5, i64x2.add(i64x2.shr_u(w4, 52), v128.and(i64x2.shl(w4, 44), mask)));
  w6 = i64x2.add(w6, i64x2.shr_u(m, 8));
  w7 = i64x2.add(w7, v128.and(i64x2.shl(w4, 36), mask));
  w8 = i64x2.add(w8, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w4, 48), mask)));
  w8 = i64x2.sub(w8, v128.and(i64x2.shl(w4, 16), mask));
  w9 = i64x2.add(w9, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  finish(r, then, t, w5, w6, w7, w8, w9);
}

/** r = the number of columns w0 .. w4, each below 2^59 in absolute value, the whole below 2^258: settled. */
@inline
export function settle(r: usize, w0: v128, w1: v128, w2: v128, w3: v128, w4: v128): void {
  const bias = v128.load(constants, SETTLE), mask = v128.load(constants, MASK), c3 = v128.load(constants, 16);
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
  const mask = v128.load(constants, MASK), c3 = v128.load(constants, 16);
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
  const c1 = v128.load(constants), inverse = v128.load(constants, INVERSE);
  // Adding c1 rounds to a multiple of 2^52.
  const h0 = f64x2.sub(f64x2.add(x0, c1), c1), h1 = f64x2.sub(f64x2.add(x1, c1), c1);
  const h2 = f64x2.sub(f64x2.add(x2, c1), c1), h3 = f64x2.sub(f64x2.add(x3, c1), c1);
  v128.store(r, f64x2.sub(x0, h0));
  v128.store(r, fuse(h0, inverse, f64x2.sub(x1, h1)), 16);
  v128.store(r, fuse(h1, inverse, f64x2.sub(x2, h2)), 32);
  v128.store(r, fuse(h2, inverse, f64x2.sub(x3, h3)), 48);
  v128.store(r, fuse(h3, inverse, x4), 64);
}

/** What is made of a product c = (c0, c1), in columns: c settled. */
export const SETTLE_IT: u32 = 0;
/** The same, and the columns are left at t. */
export const KEEP: u32 = 1;
/** 3 c settled, and the columns (8 c0, 12 c0) left at t. */
export const TRIPLE: u32 = 2;
/** (c0, c0) - t folded, and the columns -8 c left at t. */
export const LESS_KEPT: u32 = 3;
/** (c0 + t1, c1 + c1) folded. */
export const PLUS_KEPT: u32 = 4;
@inline
function finish(r: usize, then: u32, t: usize, w0: v128, w1: v128, w2: v128, w3: v128, w4: v128): void {
  if (then == SETTLE_IT || then == KEEP) {
    settle(r, w0, w1, w2, w3, w4);
    if (then == KEEP) {
      v128.store(t, w0);
      v128.store(t, w1, 16);
      v128.store(t, w2, 32);
      v128.store(t, w3, 48);
      v128.store(t, w4, 64);
    }
  } else if (then == TRIPLE) {
    const lane1 = v128.load(constants, LANE1);
    settle(r, triple(w0), triple(w1), triple(w2), triple(w3), triple(w4));
    v128.store(t, eightAndTwelve(w0, lane1));
    v128.store(t, eightAndTwelve(w1, lane1), 16);
    v128.store(t, eightAndTwelve(w2, lane1), 32);
    v128.store(t, eightAndTwelve(w3, lane1), 48);
    v128.store(t, eightAndTwelve(w4, lane1), 64);
  } else if (then == LESS_KEPT) {
    fold(
      r,
      i64x2.sub(pick(LOW_LOW, w0, w0), v128.load(t)),
      i64x2.sub(pick(LOW_LOW, w1, w1), v128.load(t, 16)),
      i64x2.sub(pick(LOW_LOW, w2, w2), v128.load(t, 32)),
      i64x2.sub(pick(LOW_LOW, w3, w3), v128.load(t, 48)),
      i64x2.sub(pick(LOW_LOW, w4, w4), v128.load(t, 64)),
    );
    v128.store(t, i64x2.shl(i64x2.neg(w0), 3));
    v128.store(t, i64x2.shl(i64x2.neg(w1), 3), 16);
    v128.store(t, i64x2.shl(i64x2.neg(w2), 3), 32);
    v128.store(t, i64x2.shl(i64x2.neg(w3), 3), 48);
    v128.store(t, i64x2.shl(i64x2.neg(w4), 3), 64);
  } else {
    fold(
      r,
      i64x2.add(w0, pick(HIGH_HIGH, v128.load(t), w0)),
      i64x2.add(w1, pick(HIGH_HIGH, v128.load(t, 16), w1)),
      i64x2.add(w2, pick(HIGH_HIGH, v128.load(t, 32), w2)),
      i64x2.add(w3, pick(HIGH_HIGH, v128.load(t, 48), w3)),
      i64x2.add(w4, pick(HIGH_HIGH, v128.load(t, 64), w4)),
    );
  }
}

@inline
function triple(c: v128): v128 {
  return i64x2.add(i64x2.shl(c, 1), c);
}

@inline
function eightAndTwelve(c: v128, lane1: v128): v128 {
  const c0 = pick(LOW_LOW, c, c);
  return i64x2.add(i64x2.shl(c0, 3), v128.and(i64x2.shl(c0, 2), lane1));
}

