// Miller-Rabin (FIPS 186-5, B.3.1) on candidates for RSA primes, one base at a time. The power takes constant time for
// the size of the candidate.
import { LIMB_BITS, LIMB_MASK, equalMask, setZero, subtract } from "../bignum/limbs";
import {
  modulusInit,
  modulusSquare,
  modulusValue,
  montMultiply,
  montSquare,
  reduceFully,
  toMontgomery,
  wipeMontgomery,
} from "../bignum/montgomery";
import { montPower, montPowerOfTwo, wipePower } from "../bignum/exponent";

const modulus: usize = memory.data(624, 16);
const odd: usize = memory.data(304, 16);
const z: usize = memory.data(304, 16);
const one: usize = memory.data(304, 16);
const minusOne: usize = memory.data(304, 16);
const baseInForm: usize = memory.data(304, 16);

/**
 * Rounds with random bases for a prime of `bits` bits: FIPS 186-5, table B.1, for errors below 2^-112, 2^-128, 2^-144
 * at 1024, 1536, 2048 bits. 512 bits are in FIPS 186-4 only (table C.3: 7 for 2^-100).
 */
export function millerRabinRounds(bits: u32): u32 {
  return bits < 1024 ? 8 : bits < 1536 ? 5 : 4;
}

/**
 * One round: whether w (odd, its bit `bits` - 1 set, tight) may be prime, as far as the base tells. `base` is tight
 * with
 * 1 < base < w - 1; 0 stands for base 2, which is faster.
 */
export function millerRabin(w: usize, limbs: u32, bits: u32, base: usize): bool {
  modulusInit(modulus, w, limbs, bits);
  const square = modulusSquare(modulus);
  // w - 1 = 2^a m. a is looked for openly: it is small, and little is known by it.
  let a: u32 = 1;
  while (((load<u32>(w + ((a / LIMB_BITS) << 2)) >>> (a % LIMB_BITS)) & 1) == 0 && a < bits - 1) a++;
  setZero(odd, limbs);
  const skip: u32 = (a / LIMB_BITS) << 2;
  for (let i: u32 = 0, end = (limbs << 2) - skip; i < end; i += 4) {
    const two = (load<u32>(w + skip + i) as u64) | ((load<u32>(w + skip + i, 4) as u64) << LIMB_BITS);
    store<u32>(odd + i, ((two >> (a % LIMB_BITS)) as u32) & LIMB_MASK);
  }
  setZero(one, limbs);
  store<u32>(one, 1);
  montMultiply(one, one, square, modulus);
  reduceFully(one, modulus);
  setZero(minusOne, limbs);
  subtract(minusOne, modulusValue(modulus), one, limbs);
  if (base == 0) montPowerOfTwo(z, odd, bits - a, modulus);
  else {
    toMontgomery(baseInForm, base, modulus);
    montPower(z, baseInForm, odd, bits - a, modulus);
  }
  reduceFully(z, modulus);
  let passes = (equalMask(z, one, limbs) | equalMask(z, minusOne, limbs)) != 0;
  for (let i: u32 = 1; i < a && !passes; i++) {
    montSquare(z, z, modulus);
    reduceFully(z, modulus);
    if (equalMask(z, one, limbs) != 0) break;
    passes = equalMask(z, minusOne, limbs) != 0;
  }
  memory.fill(modulus, 0, 624);
  memory.fill(odd, 0, 304);
  memory.fill(z, 0, 304);
  memory.fill(one, 0, 304);
  memory.fill(minusOne, 0, 304);
  memory.fill(baseInForm, 0, 304);
  wipePower();
  wipeMontgomery();
  return passes;
}
