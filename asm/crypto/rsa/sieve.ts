// A sieve over the small primes for RSA key generation: which of X, X + 2, X + 4 ... have no small factor.
//
// Its branches and addresses depend on X. That shows small-factor patterns of candidates, not more than the time that
// key generation takes shows anyhow.
import { LIMB_BITS } from "../bignum/limbs";

/** Odd numbers in a field: 2048-bit primes are one in 710 odd numbers, so most fields hold several. */
export const FIELD_SIZE: u32 = 4096;
/** Bytes of a field: a bit for each number, 1 = it has a small factor. */
export const FIELD_BYTES: u32 = 512;

const MAX_LIMIT: u32 = 1 << 18;

/** Odd numbers below MAX_LIMIT, a bit for each: 1 = composite (or 1). Made when first needed; not secret. */
const composites: usize = memory.data(16384, 16);
let compositesMade: bool = false;

/** Primes that are taken at once: as many as the processor works on while it waits for the first of them. */
const BATCH: u32 = 16;
/** A batch of primes, and X modulo each: doubles. */
const primes: usize = memory.data(128, 16);
const residues: usize = memory.data(128, 16);
/** 2^29, twice: loaded, since V8 makes a constant vector anew at each use. */
const radix: usize = memory.data<f64>([536870912.0, 536870912.0], 16);

/** Below it are the primes that decide which candidates there are. */
const LIMIT: u32 = 65536;

/** Below it are the primes that spare tests: the more bits a candidate has, the longer a test of it takes. */
@inline
function limitFor(bits: u32): u32 {
  return min(bits << 8, MAX_LIMIT);
}

@inline
export function isMarked(field: usize, index: u32): bool {
  return ((load<u8>(field + (index >>> 3)) >>> (index & 7)) & 1) != 0;
}

@inline
function mark(field: usize, index: u32): void {
  const at = field + (index >>> 3);
  const bit: u32 = 1 << (index & 7);
  store<u8>(at, (load<u8>(at) as u32) | bit);
}

/** Eratosthenes, over odd numbers: bit i stands for 2 i + 1. */
function makeComposites(): void {
  mark(composites, 0);
  for (let factor: u32 = 3; factor * factor < MAX_LIMIT; factor += 2) {
    if (isMarked(composites, factor >>> 1)) continue;
    for (let i = (factor * factor) >>> 1; i < MAX_LIMIT >>> 1; i += factor) mark(composites, i);
  }
  compositesMade = true;
}

/** Tight x modulo m, of up to 32 bits. */
export function remainder(x: usize, limbs: u32, m: u32): u32 {
  let r: u64 = 0;
  for (let p = x + ((limbs - 1) << 2); p >= x; p -= 4) r = ((r << LIMB_BITS) | load<u32>(p)) % m;
  return r as u32;
}

/** r 2^29 + limb modulo the primes p, balanced. */
@inline
function appendLimb(r: v128, limb: v128, p: v128, inverse: v128, shift: v128): v128 {
  const value = f64x2.add(f64x2.mul(r, shift), limb);
  return f64x2.sub(value, f64x2.mul(f64x2.nearest(f64x2.mul(value, inverse)), p));
}

@inline
function storeResidues(index: usize, r: v128, p: v128): void {
  v128.store(residues + 16 * index, f64x2.add(r, v128.and(p, f64x2.lt(r, f64x2.splat(0)))));
}

/**
 * residues = tight x modulo each of the primes, which are below 2^23. All of it is exact in doubles: a residue r is
 * balanced, |r| <= p / 2 + 1, so r 2^29 + limb is below 2^52, and its quotient by p, rounded, times p below 2^53.
 */
function reduceByPrimes(x: usize, limbs: u32): void {
  const shift = v128.load(radix);
  const one = f64x2.splat(1);
  const p0 = v128.load(primes), p1 = v128.load(primes, 16), p2 = v128.load(primes, 32), p3 = v128.load(primes, 48);
  const p4 = v128.load(primes, 64), p5 = v128.load(primes, 80), p6 = v128.load(primes, 96), p7 = v128.load(primes, 112);
  const i0 = f64x2.div(one, p0), i1 = f64x2.div(one, p1), i2 = f64x2.div(one, p2), i3 = f64x2.div(one, p3);
  const i4 = f64x2.div(one, p4), i5 = f64x2.div(one, p5), i6 = f64x2.div(one, p6), i7 = f64x2.div(one, p7);
  let r0 = f64x2.splat(0), r1 = r0, r2 = r0, r3 = r0, r4 = r0, r5 = r0, r6 = r0, r7 = r0;
  for (let at = x + ((limbs - 1) << 2); at >= x; at -= 4) {
    const limb = f64x2.splat(load<u32>(at) as f64);
    r0 = appendLimb(r0, limb, p0, i0, shift);
    r1 = appendLimb(r1, limb, p1, i1, shift);
    r2 = appendLimb(r2, limb, p2, i2, shift);
    r3 = appendLimb(r3, limb, p3, i3, shift);
    r4 = appendLimb(r4, limb, p4, i4, shift);
    r5 = appendLimb(r5, limb, p5, i5, shift);
    r6 = appendLimb(r6, limb, p6, i6, shift);
    r7 = appendLimb(r7, limb, p7, i7, shift);
  }
  storeResidues(0, r0, p0);
  storeResidues(1, r1, p1);
  storeResidues(2, r2, p2);
  storeResidues(3, r3, p3);
  storeResidues(4, r4, p4);
  storeResidues(5, r5, p5);
  storeResidues(6, r6, p6);
  storeResidues(7, r7, p7);
}

/** Marks the j < size for which X + 2 j is a multiple of odd p, where X is `residue` modulo p. */
@inline
function markMultiples(field: usize, size: u32, p: u32, residue: u32): void {
  const distance: u32 = residue == 0 ? 0 : p - residue;
  for (let j = (distance + (p & (0 - (distance & 1)))) >>> 1; j < size; j += p) mark(field, j);
}

/** Marks the j for which X + 2 j is 1 modulo the odd prime e, where X is `residue` modulo e. */
function markForbidden(field: usize, e: u32, residue: u32): void {
  let distance = (1 as i64) - (residue as i64);
  if (distance < 0) distance += e;
  if (distance & 1) distance += e;
  for (let j: u64 = distance >> 1; j < FIELD_SIZE; j += e) mark(field, j as u32);
}

/**
 * Fills `field`: marks every j < FIELD_SIZE for which X + 2 j has an odd prime factor below 65536, or is 1 modulo the prime
 * e, so that e would have no inverse modulo X + 2 j - 1; and `larger`, for prime factors from there to limitFor(bits). X is
 * tight and odd and has `bits` bits.
 *
 * A TPM makes its primary keys anew from a seed, so a seed gives the same key for ever: what is drawn from the field, and
 * in which order, may not change. Hence the second field, of what is drawn but needs no test.
 */
export function sieve(field: usize, larger: usize, x: usize, limbs: u32, bits: u32, e: u32): void {
  markMultiplesOfPrimes(field, FIELD_SIZE, x, limbs, 0, LIMIT);
  markMultiplesOfPrimes(larger, FIELD_SIZE, x, limbs, LIMIT, limitFor(bits));
  markForbidden(field, e, remainder(x, limbs, e));
}

/**
 * Clears a field of `size` numbers, a multiple of 8, and marks the j for which X + 2 j has an odd prime factor in from .. to - 1.
 * `from` is a multiple of 128.
 */
export function markMultiplesOfPrimes(field: usize, size: u32, x: usize, limbs: u32, from: u32, to: u32): void {
  if (!compositesMade) makeComposites();
  memory.fill(field, 0, size >>> 3);
  let count: u32 = 0;
  for (let at = from >>> 4, end = ((to + 127) & ~127) >>> 4; at < end; at += 8) {
    for (let left = ~load<u64>(composites + at); left != 0; left &= left - 1) {
      const prime = ((at << 3) + (ctz<u64>(left) as u32)) * 2 + 1;
      if (prime >= to) break;
      store<f64>(primes + (count << 3), prime as f64);
      if (++count < BATCH) continue;
      markBatch(field, size, x, limbs, BATCH);
      count = 0;
    }
  }
  // The rest of `primes` is of the batch before.
  markBatch(field, size, x, limbs, count);
  memory.fill(residues, 0, 128);
}

/** Marks the j < size for which X + 2 j is a multiple of one of the first `count` primes. */
function markBatch(field: usize, size: u32, x: usize, limbs: u32, count: u32): void {
  reduceByPrimes(x, limbs);
  for (let i: u32 = 0; i < count; i++) {
    markMultiples(field, size, load<f64>(primes + (i << 3)) as u32, load<f64>(residues + (i << 3)) as u32);
  }
}

/** The j of the n-th number from the first one on, 1 for that, that is not marked; marks it. There are as many. */
export function takeNth(field: usize, n: u32): u32 {
  let at = field;
  for (;;) {
    const free: u32 = 8 - popcnt<u32>(load<u8>(at));
    if (free >= n) break;
    n -= free;
    at++;
  }
  let j = ((at - field) as u32) << 3;
  for (; ; j++) {
    if (isMarked(field, j)) continue;
    if (--n == 0) break;
  }
  mark(field, j);
  return j;
}

/** How many of `size` numbers are not marked. */
export function countSurvivors(field: usize, size: u32): u32 {
  let count: u32 = 0;
  for (let at = field; at < field + (size >>> 3); at++) count += 8 - popcnt<u32>(load<u8>(at));
  return count;
}

/** The first j >= from, cyclically, that is not marked; marks it. -1 when all are. */
export function takeSurvivor(field: usize, from: u32): i32 {
  for (let i: u32 = 0; i < FIELD_SIZE; i++) {
    const j = (from + i) & (FIELD_SIZE - 1);
    if (isMarked(field, j)) continue;
    mark(field, j);
    return j as i32;
  }
  return -1;
}
