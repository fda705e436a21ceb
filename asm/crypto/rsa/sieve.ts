// A sieve over the small primes for RSA key generation: which of X, X + 2, X + 4 ... have no small factor.
//
// Its branches and addresses depend on X. That shows small-factor patterns of candidates, not more than the time that
// key generation takes shows anyhow.
import { LIMB_BITS } from "../bignum/limbs";

/** Odd numbers in a field: 2048-bit primes are one in 710 odd numbers, so most fields hold several. */
export const FIELD_SIZE: u32 = 4096;
/** Bytes of a field: a bit for each number, 1 = it has a small factor. */
export const FIELD_BYTES: u32 = 512;

const LIMIT: u32 = 65536;

/** Odd numbers below LIMIT, a bit for each: 1 = composite (or 1). Made when first needed; not secret. */
const composites: usize = memory.data(4096, 16);
let compositesMade: bool = false;

@inline
function isMarked(field: usize, index: u32): bool {
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
  for (let factor: u32 = 3; factor * factor < LIMIT; factor += 2) {
    if (isMarked(composites, factor >>> 1)) continue;
    for (let i = (factor * factor) >>> 1; i < LIMIT >>> 1; i += factor) mark(composites, i);
  }
  compositesMade = true;
}

/** Tight x modulo m: with the division instruction, because candidates come and go. */
function remainder(x: usize, limbs: u32, m: u32): u32 {
  let r: u64 = 0;
  for (let p = x + ((limbs - 1) << 2); p >= x; p -= 4) r = ((r << LIMB_BITS) | load<u32>(p)) % m;
  return r as u32;
}

/** Marks the j for which X + 2 j is `target` modulo odd m, where X is `residue` modulo m. */
function markProgression(field: usize, m: u32, residue: u32, target: u32): void {
  let distance = (target as i64) - (residue as i64);
  if (distance < 0) distance += m;
  if (distance & 1) distance += m;
  for (let j: u64 = distance >> 1; j < FIELD_SIZE; j += m) mark(field, j as u32);
}

/**
 * Fills `field`: marks every j < FIELD_SIZE for which X + 2 j has an odd prime factor below 65536, or is 1 modulo the
 * prime e, so that e would have no inverse modulo X + 2 j - 1. X is tight and odd.
 */
export function sieve(field: usize, x: usize, limbs: u32, e: u32): void {
  if (!compositesMade) makeComposites();
  memory.fill(field, 0, FIELD_BYTES);
  // One long remainder serves several primes: modulo their product, as long as it stays below 2^32.
  let product: u64 = 1;
  let first: u32 = 1;
  for (let i: u32 = 1; i <= LIMIT >>> 1; i++) {
    const last = i == LIMIT >>> 1;
    if (!last && isMarked(composites, i)) continue;
    const prime = 2 * i + 1;
    if (last || product * prime > 0xffffffff) {
      const r = remainder(x, limbs, product as u32);
      for (let k = first; k < i; k++) {
        if (!isMarked(composites, k)) markProgression(field, 2 * k + 1, r % (2 * k + 1), 0);
      }
      first = i;
      product = 1;
    }
    product *= prime;
  }
  markProgression(field, e, remainder(x, limbs, e), 1);
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
