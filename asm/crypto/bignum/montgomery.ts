// Montgomery multiplication (P. L. Montgomery, "Modular multiplication without trial division", 1985) with
// R = 2^(29 limbs), on SIMD128: four rows of products at a time, two columns to a vector.
//
// Modulus, modulusSize(limbs) bytes, no pointers in it:
//   0   u32  limbs
//   4   u32  bits: 2^(bits - 1) < N < 2^bits, and 29 limbs >= bits + SPARE_BITS
//   8   u64  -1 / N modulo 2^64
//   16       N, tight and odd
//   then     R^2 mod N, tight
//
// Values. Operands a, b < 16 N and loose. (a b + m N) / R with m < R is below 256 N^2 / R + N <= 2 N, since
// R >= 2^SPARE_BITS N. One of the operands may be anything below R when the other is below N: then too the result is
// below 2 N. Results are loose, so they go into the next multiplication as they are; the sum of two or the fourfold of
// one may, too, after loosen(). Only reduceFully gives the value below N.
//
// Columns, in units of 2^58 (columns.ts; 64 units make 2^64). A loose limb is at most 2^29 + 2^7, so a product of two
// is at most 1 + 2^-20 units; limbs of N and m are below 2^29. Four rows put at most four products a b and four m n in
// a column: 8 units and a bit. Carries put at most 2^36 in one more. So after seven passes a column has less than 57
// units, and columns that would get more are carried in between (carryColumns), after which they have less than 2^36.
//   - Up to 28 limbs there are no more than seven passes.
//   - Up to 40 limbs column k gets, all in all, 2 min(k + 1, 2 limbs - 1 - k) units: less than 57 outside of
//     k = 28 .. 2 limbs - 29. These are carried once, after five passes: 40 units before, at most 40 after.
//   - Above, all of the columns in the window are carried after every seven passes.
// A square puts its products a b in the columns earlier, twice as many per pass: 12 units in four rows, 60 in five
// passes.
//   - Up to 40 limbs the same carry after five passes does: at most 60 units before; after it, at most five passes.
//   - Above, after every five passes.
import {
  LIMB_BITS,
  copyNumber,
  loosen,
  numberSize,
  setZero,
  subtractOnce,
  tighten,
} from "./limbs";
import { COLUMN_MASK, carryColumns, columns, columnsToLimbs } from "./columns";

const LIMBS: usize = 0;
const BITS: usize = 4;
const INVERSE: usize = 8;
const VALUE: usize = 16;

/** modulusSize(MAX_LIMBS). */
export const MAX_MODULUS_SIZE: u32 = 1200;

const one: usize = memory.data(592, 16);
const difference: usize = memory.data(592, 16);
/** The first operand of a square, doubled above the rows in work and zero below them: see montSquare. */
const halves: usize = memory.data(624, 16);

/** Bytes of a modulus of `limbs` limbs. */
export function modulusSize(limbs: u32): u32 {
  return 16 + 2 * numberSize(limbs);
}

@inline
export function modulusLimbs(modulus: usize): u32 {
  return load<u32>(modulus, LIMBS);
}

@inline
export function modulusBits(modulus: usize): u32 {
  return load<u32>(modulus, BITS);
}

/** Address of N. */
@inline
export function modulusValue(modulus: usize): usize {
  return modulus + VALUE;
}

/** -1 / N modulo 2^64. */
@inline
export function modulusInverse(modulus: usize): u64 {
  return load<u64>(modulus, INVERSE);
}

/** Address of R^2 mod N. */
@inline
export function modulusSquare(modulus: usize): usize {
  return modulus + VALUE + numberSize(load<u32>(modulus, LIMBS));
}

/**
 * One block of a pass: adds four rows a b and four rows m n to the four columns at pt + 32. `pa` and `pn` point at the
 * limb that meets row 3 in the first of these columns, less one.
 */
@inline
function addBlock(
  pt: usize, pa: usize, pn: usize,
  b0: v128, b1: v128, b2: v128, b3: v128,
  m0: v128, m1: v128, m2: v128, m3: v128,
): void {
  let v = v128.load(pa, 4);
  let w = v128.load(pn, 4);
  let low = i64x2.add(i64x2.extmul_low_i32x4_u(v, b3), i64x2.extmul_low_i32x4_u(w, m3));
  let high = i64x2.add(i64x2.extmul_high_i32x4_u(v, b3), i64x2.extmul_high_i32x4_u(w, m3));
  v = v128.load(pa, 8);
  w = v128.load(pn, 8);
  let low2 = i64x2.add(i64x2.extmul_low_i32x4_u(v, b2), i64x2.extmul_low_i32x4_u(w, m2));
  let high2 = i64x2.add(i64x2.extmul_high_i32x4_u(v, b2), i64x2.extmul_high_i32x4_u(w, m2));
  v = v128.load(pa, 12);
  w = v128.load(pn, 12);
  low = i64x2.add(low, i64x2.add(i64x2.extmul_low_i32x4_u(v, b1), i64x2.extmul_low_i32x4_u(w, m1)));
  high = i64x2.add(high, i64x2.add(i64x2.extmul_high_i32x4_u(v, b1), i64x2.extmul_high_i32x4_u(w, m1)));
  v = v128.load(pa, 16);
  w = v128.load(pn, 16);
  low2 = i64x2.add(low2, i64x2.add(i64x2.extmul_low_i32x4_u(v, b0), i64x2.extmul_low_i32x4_u(w, m0)));
  high2 = i64x2.add(high2, i64x2.add(i64x2.extmul_high_i32x4_u(v, b0), i64x2.extmul_high_i32x4_u(w, m0)));
  v128.store(pt, i64x2.add(v128.load(pt, 32), i64x2.add(low, low2)), 32);
  v128.store(pt, i64x2.add(v128.load(pt, 48), i64x2.add(high, high2)), 48);
}

/** The same with the rows m n alone. */
@inline
function addHalfBlock(pt: usize, pn: usize, m0: v128, m1: v128, m2: v128, m3: v128): void {
  const w3 = v128.load(pn, 4);
  const w2 = v128.load(pn, 8);
  const w1 = v128.load(pn, 12);
  const w0 = v128.load(pn, 16);
  const low = i64x2.add(i64x2.extmul_low_i32x4_u(w3, m3), i64x2.extmul_low_i32x4_u(w2, m2));
  const high = i64x2.add(i64x2.extmul_high_i32x4_u(w3, m3), i64x2.extmul_high_i32x4_u(w2, m2));
  const low2 = i64x2.add(i64x2.extmul_low_i32x4_u(w1, m1), i64x2.extmul_low_i32x4_u(w0, m0));
  const high2 = i64x2.add(i64x2.extmul_high_i32x4_u(w1, m1), i64x2.extmul_high_i32x4_u(w0, m0));
  v128.store(pt, i64x2.add(v128.load(pt, 32), i64x2.add(low, low2)), 32);
  v128.store(pt, i64x2.add(v128.load(pt, 48), i64x2.add(high, high2)), 48);
}

@inline
function clearColumns(limbs: u32): void {
  const zero = i64x2.splat(0);
  for (let p = columns, end = columns + ((2 * limbs + 8) << 3); p < end; p += 32) {
    v128.store(p, zero);
    v128.store(p, zero, 16);
  }
}

/** r = a b / R modulo N: see the head of the file for what a and b may be. r may be a or b. */
export function montMultiply(r: usize, a: usize, b: usize, modulus: usize): void {
  const limbs = load<u32>(modulus, LIMBS);
  const inverse = load<u64>(modulus, INVERSE);
  const n = modulus + VALUE;
  clearColumns(limbs);
  const a0 = load<u32>(a) as u64, a1 = load<u32>(a, 4) as u64;
  const a2 = load<u32>(a, 8) as u64, a3 = load<u32>(a, 12) as u64;
  const n0 = load<u32>(n) as u64, n1 = load<u32>(n, 4) as u64;
  const n2 = load<u32>(n, 8) as u64, n3 = load<u32>(n, 12) as u64;
  const size: usize = limbs << 2;
  const stop = a + size;
  let untilCarry: i32 = limbs <= 40 ? 5 : 7;
  let t = columns;
  for (let pb = b, end = b + size; pb < end; pb += 16) {
    // The four lowest columns decide m0 .. m3: two limbs from one multiplication by -1/N modulo 2^64.
    const b0 = load<u32>(pb) as u64, b1 = load<u32>(pb, 4) as u64;
    const b2 = load<u32>(pb, 8) as u64, b3 = load<u32>(pb, 12) as u64;
    const c0 = load<u64>(t) + a0 * b0;
    const c1 = load<u64>(t, 8) + a1 * b0 + a0 * b1;
    let c2 = load<u64>(t, 16) + a2 * b0 + a1 * b1 + a0 * b2;
    let c3 = load<u64>(t, 24) + a3 * b0 + a2 * b1 + a1 * b2 + a0 * b3;
    const m01 = (c0 + (c1 << 29)) * inverse;
    const m0 = m01 & COLUMN_MASK, m1 = (m01 >> 29) & COLUMN_MASK;
    c2 += m0 * n2 + m1 * n1 + ((((c0 + m0 * n0) >> 29) + c1 + m0 * n1 + m1 * n0) >> 29);
    c3 += m0 * n3 + m1 * n2;
    const m23 = (c2 + (c3 << 29)) * inverse;
    const m2 = m23 & COLUMN_MASK, m3 = (m23 >> 29) & COLUMN_MASK;
    store<u64>(t, load<u64>(t, 32) + ((((c2 + m2 * n0) >> 29) + c3 + m2 * n1 + m3 * n0) >> 29), 32);
    const vb0 = v128.load_splat<u32>(pb), vb1 = v128.load_splat<u32>(pb, 4);
    const vb2 = v128.load_splat<u32>(pb, 8), vb3 = v128.load_splat<u32>(pb, 12);
    const vm0 = i32x4.splat(m0 as i32), vm1 = i32x4.splat(m1 as i32);
    const vm2 = i32x4.splat(m2 as i32), vm3 = i32x4.splat(m3 as i32);
    let pa = a, pn = n, pt = t;
    do {
      addBlock(pt, pa, pn, vb0, vb1, vb2, vb3, vm0, vm1, vm2, vm3);
      pa += 16;
      pn += 16;
      pt += 32;
    } while (pa < stop);
    t += 32;
    if (--untilCarry == 0) {
      if (limbs > 40) {
        carryColumns(t, limbs);
        untilCarry = 7;
      } else if (limbs > 28) carryColumns(columns + (28 << 3), 2 * limbs - 56);
    }
  }
  columnsToLimbs(r, t, limbs);
}

/** r = a^2 / R modulo N, a < 16 N and loose. r may be a. */
export function montSquare(r: usize, a: usize, modulus: usize): void {
  const limbs = load<u32>(modulus, LIMBS);
  const inverse = load<u64>(modulus, INVERSE);
  const n = modulus + VALUE;
  clearColumns(limbs);
  const n0 = load<u32>(n) as u64, n1 = load<u32>(n, 4) as u64;
  const n2 = load<u32>(n, 8) as u64, n3 = load<u32>(n, 12) as u64;
  const size: usize = limbs << 2;
  // Rows i of products a_i a_j stand for j > i doubled and j = i once. `d` has the limbs that a row may still meet:
  // twice a_j above the four rows in work, a_j within them (there each product has its mirror image in another row), 0
  // below.
  const d = halves + 16;
  v128.store(d - 16, i32x4.splat(0));
  for (let i: usize = 0; i < size; i += 16) v128.store(d + i, i32x4.shl(v128.load(a + i), 1));
  v128.store(d + size, i32x4.splat(0));
  // The lowest four columns of the first rows, the only ones that are looked at before a pass has filled them.
  const a0 = load<u32>(a) as u64, a1 = load<u32>(a, 4) as u64;
  const a2 = load<u32>(a, 8) as u64, a3 = load<u32>(a, 12) as u64;
  store<u64>(columns, a0 * a0);
  store<u64>(columns, (a0 * a1) << 1, 8);
  store<u64>(columns, ((a0 * a2) << 1) + a1 * a1, 16);
  store<u64>(columns, (a0 * a3 + a1 * a2) << 1, 24);
  let untilCarry: i32 = 5;
  let t = columns;
  for (let i: usize = 0; i < size; i += 16) {
    const c0 = load<u64>(t);
    const c1 = load<u64>(t, 8);
    let c2 = load<u64>(t, 16);
    let c3 = load<u64>(t, 24);
    const m01 = (c0 + (c1 << 29)) * inverse;
    const m0 = m01 & COLUMN_MASK, m1 = (m01 >> 29) & COLUMN_MASK;
    c2 += m0 * n2 + m1 * n1 + ((((c0 + m0 * n0) >> 29) + c1 + m0 * n1 + m1 * n0) >> 29);
    c3 += m0 * n3 + m1 * n2;
    const m23 = (c2 + (c3 << 29)) * inverse;
    const m2 = m23 & COLUMN_MASK, m3 = (m23 >> 29) & COLUMN_MASK;
    store<u64>(t, load<u64>(t, 32) + ((((c2 + m2 * n0) >> 29) + c3 + m2 * n1 + m3 * n0) >> 29), 32);
    const vm0 = i32x4.splat(m0 as i32), vm1 = i32x4.splat(m1 as i32);
    const vm2 = i32x4.splat(m2 as i32), vm3 = i32x4.splat(m3 as i32);
    const pb = a + i;
    const own = v128.load(pb);
    v128.store(d + i, own);
    let pt = t, pn = n;
    let pd = d;
    if (i > 0) {
      v128.store(d + i - 16, i32x4.splat(0));
      pd = d + i - 16;
      for (const last = n + i - 16; pn < last; pn += 16, pt += 32) addHalfBlock(pt, pn, vm0, vm1, vm2, vm3);
    }
    const vb0 = v128.load_splat<u32>(pb), vb1 = v128.load_splat<u32>(pb, 4);
    const vb2 = v128.load_splat<u32>(pb, 8), vb3 = v128.load_splat<u32>(pb, 12);
    for (const last = n + size; pn < last; pn += 16, pd += 16, pt += 32) {
      addBlock(pt, pd, pn, vb0, vb1, vb2, vb3, vm0, vm1, vm2, vm3);
    }
    t += 32;
    if (--untilCarry == 0) {
      if (limbs > 40) {
        carryColumns(t, limbs);
        untilCarry = 5;
      } else if (limbs > 28) carryColumns(columns + (28 << 3), 2 * limbs - 56);
    }
  }
  columnsToLimbs(r, t, limbs);
}

/** -1 / value modulo 2^64, for odd value: Newton's iteration, which doubles the number of right bits each time. */
export function negativeInverse(value: u64): u64 {
  let inverse = value;
  for (let i = 0; i < 5; i++) inverse *= 2 - value * inverse;
  return 0 - inverse;
}

/**
 * Makes a modulus of N: odd, tight, with its bit `bits` - 1 set. Takes constant time for given limbs and bits.
 * `limbs` must be a multiple of 4, 29 limbs >= bits + SPARE_BITS.
 */
export function modulusInit(modulus: usize, n: usize, limbs: u32, bits: u32): void {
  copyNumber(modulus + VALUE, n, limbs);
  store<u32>(modulus, limbs, LIMBS);
  store<u32>(modulus, bits, BITS);
  n = modulus + VALUE;
  store<u64>(
    modulus,
    negativeInverse((load<u32>(n) as u64) | ((load<u32>(n, 4) as u64) << 29) | ((load<u32>(n, 8) as u64) << 58)),
    INVERSE,
  );
  // 2^(bits - 1) < N, doubled until it is 2 R mod N, which is 2 in Montgomery form.
  const square = modulusSquare(modulus);
  setZero(square, limbs);
  store<u32>(square + (((bits - 1) / LIMB_BITS) << 2), 1 << ((bits - 1) % LIMB_BITS));
  const shift = LIMB_BITS * limbs;
  for (let i = bits - 1; i <= shift; i++) {
    double(square, limbs);
    tighten(square, limbs);
    subtractOnce(square, n, difference, limbs);
  }
  // 2^shift = R in Montgomery form, by squaring and doubling: 2^(2 a + bit) from 2^a. shift is even: a square comes
  // last.
  for (let i = 30 - clz<u32>(shift); (i as i32) >= 0; i--) {
    montSquare(square, square, modulus);
    if ((shift >>> i) & 1) {
      double(square, limbs);
      loosen(square, limbs);
    }
  }
  reduceFully(square, modulus);
}

/** a = 2 a limb by limb. */
function double(a: usize, limbs: u32): void {
  for (let p = a, end = a + (limbs << 2); p < end; p += 16) v128.store(p, i32x4.shl(v128.load(p), 1));
}

/** Loose a < 2 N: a modulo N, tight. */
export function reduceFully(a: usize, modulus: usize): void {
  const limbs = load<u32>(modulus, LIMBS);
  tighten(a, limbs);
  subtractOnce(a, modulus + VALUE, difference, limbs);
}

/** r = a R modulo N (Montgomery form), below 2 N; a is any loose number below R. */
export function toMontgomery(r: usize, a: usize, modulus: usize): void {
  montMultiply(r, a, modulusSquare(modulus), modulus);
}

/** r = a / R modulo N, fully reduced and tight. */
export function fromMontgomery(r: usize, a: usize, modulus: usize): void {
  store<u32>(one, 1);
  montMultiply(r, a, one, modulus);
  reduceFully(r, modulus);
}

/**
 * r = a modulo N in Montgomery form, below 4 N and loose; a is tight, of at most twice the limbs of the modulus.
 * a = high R + low, so a R = (high R) R + low R, each by multiplication with R^2.
 */
export function reduceWide(r: usize, a: usize, limbsOfA: u32, modulus: usize): void {
  const limbs = load<u32>(modulus, LIMBS);
  const square = modulusSquare(modulus);
  setZero(wide, limbs);
  if (limbsOfA > limbs) {
    memory.copy(wide, a + (limbs << 2), (limbsOfA - limbs) << 2);
    montMultiply(wide, wide, square, modulus);
    montMultiply(wide, wide, square, modulus);
  }
  setZero(r, limbs);
  memory.copy(r, a, min(limbs, limbsOfA) << 2);
  montMultiply(r, r, square, modulus);
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) {
    v128.store(r + i, i32x4.add(v128.load(r + i), v128.load(wide + i)));
  }
  loosen(r, limbs);
}

const wide: usize = memory.data(592, 16);

/** Wipes what multiplications leave in static memory. Callers do it when they have finished with secrets. */
export function wipeMontgomery(): void {
  memory.fill(columns, 0, 2368);
  memory.fill(difference, 0, 592);
  memory.fill(halves, 0, 624);
  memory.fill(wide, 0, 592);
}
