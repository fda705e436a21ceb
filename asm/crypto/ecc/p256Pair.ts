// Two multiplications at a time in the field of NIST P-256 (SP 800-186, 3.2.1.3), one in each lane of f64x2, for the build
// with relaxed SIMD. p = 2^256 - 2^224 + 2^192 + 2^96 - 1; Montgomery's reduction with R = 2^260. Factors and results are
// pairs (p256PairSettle.ts).
//
// Products (N. Emmart, J. Luitjens, C. Weems, C. Woolley, "Optimizing modular multiplication for NVIDIA's Maxwell GPUs",
// 2016; here with rounding to nearest): with c1 = 1.5 2^104, h = fma(a, b, c1) is c1 plus a b rounded to a multiple of 2^52,
// because c1 + a b, |a b| < 2^103, lies where doubles are that far apart; fma(a, b, c1 - h) is the rest, exactly, at most 2^51
// in absolute value. The bits of h, as an integer, count multiples of 2^52 from those of c1 on; the bits of the rest plus
// c3 = 1.5 2^52 count ones from those of c3 on. So both are added to columns of 64-bit integers as they are, and what the bits
// of c1 and c3 come to is taken off by what the columns begin with. If a b were rounded before c1 is added, all this would be
// wrong: the build is for processors that fuse (src/engine/relaxedSimd.ts).
//
// Reduction: -1 / p modulo 2^52 is 1, so the low 52 bits m of a column are themselves the multiple of p to add:
//   m p = m 2^(4*52 + 48) - m 2^(4*52 + 16) + m 2^(3*52 + 36) + m 2^(52 + 44) - m
// in shifts, of which what is above 52 bits goes to the next column, and the last term only clears the column.
//
// Bounds. Columns: at most five products and their upper halves, below 2^55, and twelve terms below 2^52 of the reduction.
//   They begin 2^60 higher, a multiple of 2^52, so that they are positive and carries need no sign; each carry has 2^8 too
//   many then, and the next column begins lower by these. What comes of columns 5 .. 9 is below 6.5 2^52, and twelve times
//   that (finish) below 2^59.
//   Values: (a b + m p) / R with 0 <= m < R, R > 15 p: for |a| <= A p, |b| <= B p in (-A B p / 15, p + A B p / 15).
//   Squares: the products that count twice are doubled as columns; a doubled limb would break |a b| < 2^103.
// Time, branches and addresses do not depend on values. Doubles are integers of ordinary size: none is ever subnormal.
import { c1Vector, c3Vector, fold, fuse, lane1Vector, maskVector, settle } from "./p256PairSettle";

/** In both lanes. They are loaded at each use: engines make a splat anew in three instructions. */
const columns: usize = memory.data<u64>([
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
]);
const SQUARE: usize = 10 * 16;

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
  r: usize, then: u32, t: usize, lanesOfA: u32, a: usize, aToo: usize, lanesOfB: u32, bFrom: usize, bToo: usize,
): void {
  const c1 = c1Vector(), c3 = c3Vector(), mask = maskVector();
  const a0 = pick(lanesOfA, v128.load(a), v128.load(aToo));
  const a1 = pick(lanesOfA, v128.load(a, 16), v128.load(aToo, 16));
  const a2 = pick(lanesOfA, v128.load(a, 32), v128.load(aToo, 32));
  const a3 = pick(lanesOfA, v128.load(a, 48), v128.load(aToo, 48));
  const a4 = pick(lanesOfA, v128.load(a, 64), v128.load(aToo, 64));
  let w0 = v128.load(columns), w1 = v128.load(columns, 16);
  let w2 = v128.load(columns, 32), w3 = v128.load(columns, 48);
  let w4 = v128.load(columns, 64), w5 = v128.load(columns, 80);
  let w6 = v128.load(columns, 96), w7 = v128.load(columns, 112);
  let w8 = v128.load(columns, 128), w9 = v128.load(columns, 144);
  let b: v128, h: v128, m: v128;
  b = pick(lanesOfB, v128.load(bFrom), v128.load(bToo));
  h = fuse(a0, b, c1); w0 = i64x2.add(w0, low(a0, b, h, c1, c3)); w1 = i64x2.add(w1, h);
  h = fuse(a1, b, c1); w1 = i64x2.add(w1, low(a1, b, h, c1, c3)); w2 = i64x2.add(w2, h);
  h = fuse(a2, b, c1); w2 = i64x2.add(w2, low(a2, b, h, c1, c3)); w3 = i64x2.add(w3, h);
  h = fuse(a3, b, c1); w3 = i64x2.add(w3, low(a3, b, h, c1, c3)); w4 = i64x2.add(w4, h);
  h = fuse(a4, b, c1); w4 = i64x2.add(w4, low(a4, b, h, c1, c3)); w5 = i64x2.add(w5, h);
  // The multiple of p that clears column 0.
  m = v128.and(w0, mask);
  w1 = i64x2.add(w1, i64x2.add(i64x2.shr_u(w0, 52), v128.and(i64x2.shl(w0, 44), mask)));
  w2 = i64x2.add(w2, i64x2.shr_u(m, 8));
  w3 = i64x2.add(w3, v128.and(i64x2.shl(w0, 36), mask));
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w0, 48), mask)));
  w4 = i64x2.sub(w4, v128.and(i64x2.shl(w0, 16), mask));
  w5 = i64x2.add(w5, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  b = pick(lanesOfB, v128.load(bFrom, 16), v128.load(bToo, 16));
  h = fuse(a0, b, c1); w1 = i64x2.add(w1, low(a0, b, h, c1, c3)); w2 = i64x2.add(w2, h);
  h = fuse(a1, b, c1); w2 = i64x2.add(w2, low(a1, b, h, c1, c3)); w3 = i64x2.add(w3, h);
  h = fuse(a2, b, c1); w3 = i64x2.add(w3, low(a2, b, h, c1, c3)); w4 = i64x2.add(w4, h);
  h = fuse(a3, b, c1); w4 = i64x2.add(w4, low(a3, b, h, c1, c3)); w5 = i64x2.add(w5, h);
  h = fuse(a4, b, c1); w5 = i64x2.add(w5, low(a4, b, h, c1, c3)); w6 = i64x2.add(w6, h);
  // The multiple of p that clears column 1.
  m = v128.and(w1, mask);
  w2 = i64x2.add(w2, i64x2.add(i64x2.shr_u(w1, 52), v128.and(i64x2.shl(w1, 44), mask)));
  w3 = i64x2.add(w3, i64x2.shr_u(m, 8));
  w4 = i64x2.add(w4, v128.and(i64x2.shl(w1, 36), mask));
  w5 = i64x2.add(w5, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w1, 48), mask)));
  w5 = i64x2.sub(w5, v128.and(i64x2.shl(w1, 16), mask));
  w6 = i64x2.add(w6, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  b = pick(lanesOfB, v128.load(bFrom, 32), v128.load(bToo, 32));
  h = fuse(a0, b, c1); w2 = i64x2.add(w2, low(a0, b, h, c1, c3)); w3 = i64x2.add(w3, h);
  h = fuse(a1, b, c1); w3 = i64x2.add(w3, low(a1, b, h, c1, c3)); w4 = i64x2.add(w4, h);
  h = fuse(a2, b, c1); w4 = i64x2.add(w4, low(a2, b, h, c1, c3)); w5 = i64x2.add(w5, h);
  h = fuse(a3, b, c1); w5 = i64x2.add(w5, low(a3, b, h, c1, c3)); w6 = i64x2.add(w6, h);
  h = fuse(a4, b, c1); w6 = i64x2.add(w6, low(a4, b, h, c1, c3)); w7 = i64x2.add(w7, h);
  // The multiple of p that clears column 2.
  m = v128.and(w2, mask);
  w3 = i64x2.add(w3, i64x2.add(i64x2.shr_u(w2, 52), v128.and(i64x2.shl(w2, 44), mask)));
  w4 = i64x2.add(w4, i64x2.shr_u(m, 8));
  w5 = i64x2.add(w5, v128.and(i64x2.shl(w2, 36), mask));
  w6 = i64x2.add(w6, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w2, 48), mask)));
  w6 = i64x2.sub(w6, v128.and(i64x2.shl(w2, 16), mask));
  w7 = i64x2.add(w7, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  b = pick(lanesOfB, v128.load(bFrom, 48), v128.load(bToo, 48));
  h = fuse(a0, b, c1); w3 = i64x2.add(w3, low(a0, b, h, c1, c3)); w4 = i64x2.add(w4, h);
  h = fuse(a1, b, c1); w4 = i64x2.add(w4, low(a1, b, h, c1, c3)); w5 = i64x2.add(w5, h);
  h = fuse(a2, b, c1); w5 = i64x2.add(w5, low(a2, b, h, c1, c3)); w6 = i64x2.add(w6, h);
  h = fuse(a3, b, c1); w6 = i64x2.add(w6, low(a3, b, h, c1, c3)); w7 = i64x2.add(w7, h);
  h = fuse(a4, b, c1); w7 = i64x2.add(w7, low(a4, b, h, c1, c3)); w8 = i64x2.add(w8, h);
  // The multiple of p that clears column 3.
  m = v128.and(w3, mask);
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(w3, 52), v128.and(i64x2.shl(w3, 44), mask)));
  w5 = i64x2.add(w5, i64x2.shr_u(m, 8));
  w6 = i64x2.add(w6, v128.and(i64x2.shl(w3, 36), mask));
  w7 = i64x2.add(w7, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w3, 48), mask)));
  w7 = i64x2.sub(w7, v128.and(i64x2.shl(w3, 16), mask));
  w8 = i64x2.add(w8, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  b = pick(lanesOfB, v128.load(bFrom, 64), v128.load(bToo, 64));
  h = fuse(a0, b, c1); w4 = i64x2.add(w4, low(a0, b, h, c1, c3)); w5 = i64x2.add(w5, h);
  h = fuse(a1, b, c1); w5 = i64x2.add(w5, low(a1, b, h, c1, c3)); w6 = i64x2.add(w6, h);
  h = fuse(a2, b, c1); w6 = i64x2.add(w6, low(a2, b, h, c1, c3)); w7 = i64x2.add(w7, h);
  h = fuse(a3, b, c1); w7 = i64x2.add(w7, low(a3, b, h, c1, c3)); w8 = i64x2.add(w8, h);
  h = fuse(a4, b, c1); w8 = i64x2.add(w8, low(a4, b, h, c1, c3)); w9 = i64x2.add(w9, h);
  // The multiple of p that clears column 4.
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
export function pairSquareOf(r: usize, then: u32, t: usize, lanesOfA: u32, a: usize, aToo: usize): void {
  const c1 = c1Vector(), c3 = c3Vector(), mask = maskVector();
  const a0 = pick(lanesOfA, v128.load(a), v128.load(aToo));
  const a1 = pick(lanesOfA, v128.load(a, 16), v128.load(aToo, 16));
  const a2 = pick(lanesOfA, v128.load(a, 32), v128.load(aToo, 32));
  const a3 = pick(lanesOfA, v128.load(a, 48), v128.load(aToo, 48));
  const a4 = pick(lanesOfA, v128.load(a, 64), v128.load(aToo, 64));
  let w0 = v128.load(columns, SQUARE), w1 = v128.load(columns, SQUARE + 16);
  let w2 = v128.load(columns, SQUARE + 32), w3 = v128.load(columns, SQUARE + 48);
  let w4 = v128.load(columns, SQUARE + 64), w5 = v128.load(columns, SQUARE + 80);
  let w6 = v128.load(columns, SQUARE + 96), w7 = v128.load(columns, SQUARE + 112);
  let w8 = v128.load(columns, SQUARE + 128), w9 = v128.load(columns, SQUARE + 144);
  let h: v128, m: v128;
  // What counts twice.
  h = fuse(a0, a1, c1); w1 = i64x2.add(w1, low(a0, a1, h, c1, c3)); w2 = i64x2.add(w2, h);
  h = fuse(a0, a2, c1); w2 = i64x2.add(w2, low(a0, a2, h, c1, c3)); w3 = i64x2.add(w3, h);
  h = fuse(a0, a3, c1); w3 = i64x2.add(w3, low(a0, a3, h, c1, c3)); w4 = i64x2.add(w4, h);
  h = fuse(a0, a4, c1); w4 = i64x2.add(w4, low(a0, a4, h, c1, c3)); w5 = i64x2.add(w5, h);
  h = fuse(a1, a2, c1); w3 = i64x2.add(w3, low(a1, a2, h, c1, c3)); w4 = i64x2.add(w4, h);
  h = fuse(a1, a3, c1); w4 = i64x2.add(w4, low(a1, a3, h, c1, c3)); w5 = i64x2.add(w5, h);
  h = fuse(a1, a4, c1); w5 = i64x2.add(w5, low(a1, a4, h, c1, c3)); w6 = i64x2.add(w6, h);
  h = fuse(a2, a3, c1); w5 = i64x2.add(w5, low(a2, a3, h, c1, c3)); w6 = i64x2.add(w6, h);
  h = fuse(a2, a4, c1); w6 = i64x2.add(w6, low(a2, a4, h, c1, c3)); w7 = i64x2.add(w7, h);
  h = fuse(a3, a4, c1); w7 = i64x2.add(w7, low(a3, a4, h, c1, c3)); w8 = i64x2.add(w8, h);
  // That doubled, and the squares of limbs.
  h = fuse(a0, a0, c1); w0 = i64x2.add(w0, low(a0, a0, h, c1, c3)); w1 = i64x2.add(i64x2.shl(w1, 1), h);
  h = fuse(a1, a1, c1); w2 = i64x2.add(i64x2.shl(w2, 1), low(a1, a1, h, c1, c3)); w3 = i64x2.add(i64x2.shl(w3, 1), h);
  h = fuse(a2, a2, c1); w4 = i64x2.add(i64x2.shl(w4, 1), low(a2, a2, h, c1, c3)); w5 = i64x2.add(i64x2.shl(w5, 1), h);
  h = fuse(a3, a3, c1); w6 = i64x2.add(i64x2.shl(w6, 1), low(a3, a3, h, c1, c3)); w7 = i64x2.add(i64x2.shl(w7, 1), h);
  h = fuse(a4, a4, c1); w8 = i64x2.add(i64x2.shl(w8, 1), low(a4, a4, h, c1, c3)); w9 = i64x2.add(w9, h);
  // The multiple of p that clears column 0.
  m = v128.and(w0, mask);
  w1 = i64x2.add(w1, i64x2.add(i64x2.shr_u(w0, 52), v128.and(i64x2.shl(w0, 44), mask)));
  w2 = i64x2.add(w2, i64x2.shr_u(m, 8));
  w3 = i64x2.add(w3, v128.and(i64x2.shl(w0, 36), mask));
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w0, 48), mask)));
  w4 = i64x2.sub(w4, v128.and(i64x2.shl(w0, 16), mask));
  w5 = i64x2.add(w5, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // The multiple of p that clears column 1.
  m = v128.and(w1, mask);
  w2 = i64x2.add(w2, i64x2.add(i64x2.shr_u(w1, 52), v128.and(i64x2.shl(w1, 44), mask)));
  w3 = i64x2.add(w3, i64x2.shr_u(m, 8));
  w4 = i64x2.add(w4, v128.and(i64x2.shl(w1, 36), mask));
  w5 = i64x2.add(w5, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w1, 48), mask)));
  w5 = i64x2.sub(w5, v128.and(i64x2.shl(w1, 16), mask));
  w6 = i64x2.add(w6, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // The multiple of p that clears column 2.
  m = v128.and(w2, mask);
  w3 = i64x2.add(w3, i64x2.add(i64x2.shr_u(w2, 52), v128.and(i64x2.shl(w2, 44), mask)));
  w4 = i64x2.add(w4, i64x2.shr_u(m, 8));
  w5 = i64x2.add(w5, v128.and(i64x2.shl(w2, 36), mask));
  w6 = i64x2.add(w6, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w2, 48), mask)));
  w6 = i64x2.sub(w6, v128.and(i64x2.shl(w2, 16), mask));
  w7 = i64x2.add(w7, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // The multiple of p that clears column 3.
  m = v128.and(w3, mask);
  w4 = i64x2.add(w4, i64x2.add(i64x2.shr_u(w3, 52), v128.and(i64x2.shl(w3, 44), mask)));
  w5 = i64x2.add(w5, i64x2.shr_u(m, 8));
  w6 = i64x2.add(w6, v128.and(i64x2.shl(w3, 36), mask));
  w7 = i64x2.add(w7, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w3, 48), mask)));
  w7 = i64x2.sub(w7, v128.and(i64x2.shl(w3, 16), mask));
  w8 = i64x2.add(w8, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  // The multiple of p that clears column 4.
  m = v128.and(w4, mask);
  w5 = i64x2.add(w5, i64x2.add(i64x2.shr_u(w4, 52), v128.and(i64x2.shl(w4, 44), mask)));
  w6 = i64x2.add(w6, i64x2.shr_u(m, 8));
  w7 = i64x2.add(w7, v128.and(i64x2.shl(w4, 36), mask));
  w8 = i64x2.add(w8, i64x2.add(i64x2.shr_u(m, 16), v128.and(i64x2.shl(w4, 48), mask)));
  w8 = i64x2.sub(w8, v128.and(i64x2.shl(w4, 16), mask));
  w9 = i64x2.add(w9, i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36)));
  finish(r, then, t, w5, w6, w7, w8, w9);
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
    const lane1 = lane1Vector();
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

