// Plain products and exact quotients of tight numbers (limbs.ts), row by row. Time depends on the sizes only.
import { LIMB_BITS, LIMB_MASK, setZero, wordZeroMask } from "./limbs";
import { negativeInverse } from "./montgomery";

/** r = a b, tight, of limbsOfA + limbsOfB limbs. r is neither a nor b. */
export function multiply(r: usize, a: usize, limbsOfA: u32, b: usize, limbsOfB: u32): void {
  setZero(r, limbsOfA + limbsOfB);
  const size: usize = limbsOfB << 2;
  for (let i: usize = 0, end: usize = limbsOfA << 2; i < end; i += 4) {
    const factor = load<u32>(a + i) as u64;
    const row = r + i;
    // Below 2^29 + 2^58 + 2^29 in every step, since the carry is below 2^29.
    let carry: u64 = 0;
    for (let j: usize = 0; j < size; j += 4) {
      carry += (load<u32>(row + j) as u64) + factor * (load<u32>(b + j) as u64);
      store<u32>(row + j, (carry as u32) & LIMB_MASK);
      carry >>= LIMB_BITS;
    }
    store<u32>(row + size, carry as u32);
  }
}

/** a = a `factor` + `addend`, tight; both at most 32 bits. @returns what is carried out at the top. */
export function multiplyWord(a: usize, factor: u32, addend: u32, limbs: u32): u32 {
  let carry: u64 = addend;
  for (let p = a, end = a + (limbs << 2); p < end; p += 4) {
    carry += (load<u32>(p) as u64) * (factor as u64);
    store<u32>(p, (carry as u32) & LIMB_MASK);
    carry >>= LIMB_BITS;
  }
  return carry as u32;
}

/**
 * quotient = a / divisor for odd divisor, from the low end (2-adically); a (limbsOfA limbs, tight) is used up.
 * quotient has limbsOfA - limbsOfDivisor limbs.
 * @returns 0xffffffff when the division is exact and the quotient fits, else 0.
 */
export function divideExactly(quotient: usize, a: usize, limbsOfA: u32, divisor: usize, limbsOfDivisor: u32): u32 {
  const limbs = limbsOfA - limbsOfDivisor;
  const inverse = 0 - (negativeInverse(load<u32>(divisor)) as u32);
  const size: usize = limbsOfDivisor << 2;
  setZero(quotient, limbs);
  // `borrow` of a row goes into the row's next limb; what a row borrows from there is taken in by the next row.
  let pending: i64 = 0;
  for (let i: usize = 0, end: usize = limbs << 2; i < end; i += 4) {
    const row = a + i;
    const digit = (load<u32>(row) * inverse) & LIMB_MASK;
    store<u32>(quotient + i, digit);
    let carry: i64 = 0;
    for (let j: usize = 0; j < size; j += 4) {
      carry += (load<u32>(row + j) as i64) - (digit as i64) * (load<u32>(divisor + j) as i64);
      store<u32>(row + j, (carry as u32) & LIMB_MASK);
      carry >>= LIMB_BITS;
    }
    pending += (load<u32>(row + size) as i64) + carry;
    store<u32>(row + size, (pending as u32) & LIMB_MASK);
    pending >>= LIMB_BITS;
  }
  let rest = (pending as u32) | ((pending >> 32) as u32);
  for (let p = a + (limbs << 2), end = a + (limbsOfA << 2); p < end; p += 4) rest |= load<u32>(p);
  return wordZeroMask(rest);
}

/**
 * a = a / divisor for an odd divisor of at most 32 bits that divides a without remainder; a is tight. The quotient of
 * anything else makes no sense.
 */
export function divideExactlyByWord(a: usize, divisor: u32, limbs: u32): void {
  const inverse = 0 - (negativeInverse(divisor) as u32);
  let borrow: i64 = 0;
  for (let p = a, end = a + (limbs << 2); p < end; p += 4) {
    const rest = (load<u32>(p) as i64) - borrow;
    const digit = ((rest as u32) * inverse) & LIMB_MASK;
    store<u32>(p, digit);
    borrow = ((digit as i64) * (divisor as i64) - rest) >> LIMB_BITS;
  }
}
