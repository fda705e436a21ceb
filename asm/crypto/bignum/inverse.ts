// Inverses and greatest common divisors in constant time: D. J. Bernstein, B.-Y. Yang, "Fast constant-time gcd
// computation and modular inversion" (2019), section 11, with divsteps taken 29 at a time on the low limbs.
//
// f and g are numbers of two's complement: tight limbs, the highest one signed. d and e, with d a = f and e a = g
// modulo N, are kept in -2 N < d, e < N. A batch of 29 divsteps is a matrix (u v; q r) with |u| + |v| <= 2^29 and
// |q| + |r| <= 2^29, applied as (u f + v g) / 2^29; for d and e a multiple of N makes the division exact.
//   Sums: |u f_i + v g_i| <= 2^58, with a multiple of N 2^59, with a carry below 2^60: i64 holds them.
//   d and e: (u d + v e) / 2^29 lies in (-2 N, N), if N is added for a negative d or e first; the multiple of N that
//   makes it exact lies in (-N, 0] then.
import { LIMB_BITS, LIMB_MASK, copyNumber, select, setZero, subtractLimbs, tighten, zeroMask } from "./limbs";
import { modulusBits, modulusLimbs, modulusValue, negativeInverse } from "./montgomery";

const f: usize = memory.data(592, 16);
const g: usize = memory.data(592, 16);
const d: usize = memory.data(592, 16);
const e: usize = memory.data(592, 16);

/** Divsteps that make g = 0 for 0 <= g < f < 2^bits: theorem 11.2, for bits >= 46. */
@inline
function divstepsFor(bits: u32): u32 {
  return (49 * bits + 57) / 17;
}

let delta: i32 = 0;
let u: i32 = 0;
let v: i32 = 0;
let q: i32 = 0;
let r: i32 = 0;

/** 29 divsteps on the low bits of f and g: leaves delta and the matrix, whose rows give 2^29 times the new f and g. */
function divsteps(): void {
  let x = load<i32>(f) | (load<i32>(f, 4) << LIMB_BITS);
  let y = load<i32>(g) | (load<i32>(g, 4) << LIMB_BITS);
  let step = delta;
  let a: i32 = 1, b: i32 = 0, c: i32 = 0, s: i32 = 1;
  for (let i: u32 = 0; i < LIMB_BITS; i++) {
    // Swap (and negate f) when delta > 0 and g is odd; then add f to g when g is odd; then halve g.
    const odd = -(y & 1);
    const swap = ((-step) >> 31) & odd;
    const fx = (x ^ y) & swap, fa = (a ^ c) & swap, fb = (b ^ s) & swap;
    x ^= fx;
    a ^= fa;
    b ^= fb;
    // g and its row become the negative of the old f where they were swapped.
    y = ((y ^ fx) ^ swap) - swap;
    c = ((c ^ fa) ^ swap) - swap;
    s = ((s ^ fb) ^ swap) - swap;
    step = ((step ^ swap) - swap) + 1;
    y = (y + (x & odd)) >> 1;
    c += a & odd;
    s += b & odd;
    a <<= 1;
    b <<= 1;
  }
  delta = step;
  u = a;
  v = b;
  q = c;
  r = s;
}

/** (f, g) = matrix (f, g) / 2^29. */
function updateValues(limbs: u32): void {
  const u1 = u as i64, v1 = v as i64, q1 = q as i64, r1 = r as i64;
  const f0 = load<i32>(f) as i64, g0 = load<i32>(g) as i64;
  let first = (u1 * f0 + v1 * g0) >> LIMB_BITS;
  let second = (q1 * f0 + r1 * g0) >> LIMB_BITS;
  for (let i: usize = 4, size: usize = limbs << 2; i < size; i += 4) {
    const fi = load<i32>(f + i) as i64, gi = load<i32>(g + i) as i64;
    first += u1 * fi + v1 * gi;
    second += q1 * fi + r1 * gi;
    store<u32>(f + i - 4, (first as u32) & LIMB_MASK);
    store<u32>(g + i - 4, (second as u32) & LIMB_MASK);
    first >>= LIMB_BITS;
    second >>= LIMB_BITS;
  }
  store<i32>(f + (limbs << 2) - 4, first as i32);
  store<i32>(g + (limbs << 2) - 4, second as i32);
}

/** (d, e) = matrix (d, e) / 2^29 modulo N; `inverse` = 1 / N modulo 2^32. */
function updateFactors(n: usize, inverse: u32, limbs: u32): void {
  const u1 = u as i64, v1 = v as i64, q1 = q as i64, r1 = r as i64;
  const top: usize = (limbs << 2) - 4;
  const signOfD = load<i32>(d + top) >> 31, signOfE = load<i32>(e + top) >> 31;
  const d0 = load<i32>(d) as i64, e0 = load<i32>(e) as i64;
  let first = u1 * d0 + v1 * e0;
  let second = q1 * d0 + r1 * e0;
  let m = (u & signOfD) + (v & signOfE);
  let k = (q & signOfD) + (r & signOfE);
  m -= (((first as u32) * inverse + (m as u32)) & LIMB_MASK) as i32;
  k -= (((second as u32) * inverse + (k as u32)) & LIMB_MASK) as i32;
  const m1 = m as i64, k1 = k as i64;
  const n0 = load<i32>(n) as i64;
  first = (first + n0 * m1) >> LIMB_BITS;
  second = (second + n0 * k1) >> LIMB_BITS;
  for (let i: usize = 4; i <= top; i += 4) {
    const di = load<i32>(d + i) as i64, ei = load<i32>(e + i) as i64, ni = load<i32>(n + i) as i64;
    first += u1 * di + v1 * ei + ni * m1;
    second += q1 * di + r1 * ei + ni * k1;
    store<u32>(d + i - 4, (first as u32) & LIMB_MASK);
    store<u32>(e + i - 4, (second as u32) & LIMB_MASK);
    first >>= LIMB_BITS;
    second >>= LIMB_BITS;
  }
  store<i32>(d + top, first as i32);
  store<i32>(e + top, second as i32);
}

/**
 * inverse = 1 / a modulo N, tight, for tight a < N. (To get the inverse of x R in Montgomery form, multiply the result
 * by R^3: twice by R^2.) Time depends on the modulus's limbs and bits only.
 * @returns 0xffffffff when gcd(a, N) = 1, else 0 (the result then makes no sense).
 */
export function invert(inverse: usize, a: usize, modulus: usize): u32 {
  const limbs = modulusLimbs(modulus);
  const n = modulusValue(modulus);
  copyNumber(f, n, limbs);
  copyNumber(g, a, limbs);
  setZero(d, limbs);
  setZero(e, limbs);
  store<u32>(e, 1);
  delta = 1;
  const n1 = 0 - (negativeInverse((load<u32>(n) as u64) | ((load<u32>(n, 4) as u64) << LIMB_BITS)) as u32);
  for (let left: i32 = divstepsFor(modulusBits(modulus)); left > 0; left -= LIMB_BITS) {
    divsteps();
    updateValues(limbs);
    updateFactors(n, n1, limbs);
  }
  // f = +-gcd, g = 0, d a = f modulo N. d is brought to 0 .. N - 1 with the sign of f.
  const top: usize = (limbs << 2) - 4;
  const sign = (load<i32>(f + top) >> 31) as u32;
  // Negative f: d = -d, f = -f.
  setZero(e, limbs);
  subtractLimbs(e, e, d, limbs);
  select(d, e, d, sign, limbs);
  // -2 N < d < 2 N.
  settle(n, limbs);
  settle(n, limbs);
  subtractLimbs(e, d, n, limbs);
  const below = (tighten(e, limbs) >> 31) as u32;
  select(inverse, d, e, below, limbs);
  v128.store(inverse + (limbs << 2), i32x4.splat(0));
  setZero(e, limbs);
  subtractLimbs(e, e, f, limbs);
  select(f, e, f, sign, limbs);
  tighten(f, limbs);
  store<u32>(f, load<u32>(f) ^ 1);
  const good = zeroMask(f, limbs) & zeroMask(g, limbs);
  memory.fill(f, 0, 592);
  memory.fill(g, 0, 592);
  memory.fill(d, 0, 592);
  memory.fill(e, 0, 592);
  u = v = q = r = 0;
  return good;
}

/** d = d + N when d is negative; tight, with the sign in the highest limb. */
function settle(n: usize, limbs: u32): void {
  const negative = i32x4.splat(tightenSigned(d, limbs) >> 31);
  for (let i: usize = 0, size: usize = limbs << 2; i < size; i += 16) {
    v128.store(d + i, i32x4.add(v128.load(d + i), v128.and(v128.load(n + i), negative)));
  }
  tightenSigned(d, limbs);
}

/** All limbs but the highest become tight, which keeps the sign and is returned. */
function tightenSigned(a: usize, limbs: u32): i32 {
  const carry = tighten(a, limbs - 1);
  const top = a + ((limbs - 1) << 2);
  const value = load<i32>(top) + carry;
  store<i32>(top, value);
  return value;
}
