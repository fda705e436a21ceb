// Arithmetic modulo a public odd word m < 2^32, without the division instruction, whose time depends on its operands:
// Montgomery reduction with R = 2^32. What is reduced may be secret, m may not.
import { LIMB_BITS, LIMB_MASK, wordZeroMask } from "./limbs";
import { negativeInverse } from "./montgomery";

/** a b / 2^32 modulo m, below m, for a, b < m; `inverse` = 1 / m modulo 2^32. */
@inline
function multiplyReduced(a: u32, b: u32, m: u32, inverse: u32): u32 {
  const product = (a as u64) * (b as u64);
  const q = (product as u32) * inverse;
  // The low halves are equal, so the difference of the high halves is the result, or the result less m.
  const difference = (product >> 32) as i64 - ((((q as u64) * (m as u64)) >> 32) as i64);
  return (difference + ((difference >> 63) & (m as i64))) as u32;
}

/** 2^exponent modulo m. Of public values. */
function powerOfTwo(exponent: u32, m: u32): u32 {
  let result: u64 = 1 % m;
  for (let i: i32 = 31 - clz<u32>(exponent); i >= 0; i--) {
    result = (result * result) % m;
    if ((exponent >>> i) & 1) result = (result << 1) % m;
  }
  return result as u32;
}

/** Tight a modulo odd m >= 3. */
export function reduceByWord(a: usize, limbs: u32, m: u32): u32 {
  const negative = negativeInverse(m) as u32;
  // Each step divides by 2^29 modulo m. r < m + 17 before, so r + limb + q m < 2^33 + 2^29 m, and r < m + 17 after it.
  let r: u64 = 0;
  for (let p = a, end = a + (limbs << 2); p < end; p += 4) {
    r += load<u32>(p);
    r = (r + (((r as u32) * negative) & LIMB_MASK) * (m as u64)) >> LIMB_BITS;
  }
  // Two steps more, with limbs of zero: r <= m, whatever m.
  for (let i = 0; i < 2; i++) r = (r + (((r as u32) * negative) & LIMB_MASK) * (m as u64)) >> LIMB_BITS;
  const over = ((r as i64) - (m as i64)) >> 63;
  r -= (m as u64) & ~(over as u64);
  return multiplyReduced(r as u32, powerOfTwo(LIMB_BITS * (limbs + 2) + 32, m), m, 0 - negative);
}

/** The number of units modulo m (Euler's phi). Of a public value: by trial division. */
function unitsModulo(m: u32): u32 {
  let units = m;
  let rest = m;
  for (let factor: u32 = 3; (factor as u64) * factor <= rest; factor += 2) {
    if (rest % factor != 0) continue;
    units -= units / factor;
    while (rest % factor == 0) rest /= factor;
  }
  return rest > 1 ? units - units / rest : units;
}

/** 1 / a modulo odd m >= 3, for a < m; 0 when there is none. By Euler's theorem: the exponent is public. */
export function invertByWord(a: u32, m: u32): u32 {
  const inverse = 0 - (negativeInverse(m) as u32);
  const base = multiplyReduced(a, powerOfTwo(64, m), m, inverse);
  const exponent = unitsModulo(m) - 1;
  let result = base;
  for (let i: i32 = 30 - clz<u32>(exponent); i >= 0; i--) {
    result = multiplyReduced(result, result, m, inverse);
    if ((exponent >>> i) & 1) result = multiplyReduced(result, base, m, inverse);
  }
  result = multiplyReduced(result, 1, m, inverse);
  const check = multiplyReduced(base, result, m, inverse);
  return result & wordZeroMask(check ^ 1);
}

/** Whether a public word is prime: by trial division. */
export function isPrimeWord(value: u32): bool {
  if (value < 4) return value >= 2;
  if ((value & 1) == 0) return false;
  for (let factor: u32 = 3; (factor as u64) * factor <= value; factor += 2) {
    if (value % factor == 0) return false;
  }
  return true;
}
