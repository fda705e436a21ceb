// The blinding of the private operation (P. Kocher, "Timing attacks on implementations of Diffie-Hellman, RSA, DSS, and
// other systems", 1996): for each prime a random r; r^e goes into the base of the power and 1 / r into its result, so
// that what the power works on is unknown to whoever chose the value.
//
// A pair (r^e, 1 / r) stays with the key and is squared for each further use, as Kocher proposes, which spares the
// inversion; after USES operations there is a new r. It lies in the key's own memory: it lives as long as the key is
// loaded, is wiped with it, and goes where the key goes, which is never into what a TPM saves.
//
// Blinding (BLINDING_SIZE bytes, zero at first):
//   0     u32  uses that are left; 0 = there is no pair
//   16    r^e modulo p; 1 / r modulo p; the same modulo q: four numbers, in Montgomery form
import { wipe } from "../bytes";
import { drbgGenerate } from "../drbg";
import { fromBytes, subtractOnce } from "../bignum/limbs";
import {
  modulusBits,
  modulusLimbs,
  modulusSquare,
  modulusValue,
  montMultiply,
  montSquare,
} from "../bignum/montgomery";
import { montPowerWord } from "../bignum/exponent";
import { invert } from "../bignum/inverse";

export const BLINDING_SIZE: u32 = 1232;

const LEFT: usize = 0;
const PAIRS: usize = 16;
const NUMBER: usize = 304;

/** As OpenSSL has it. */
const USES: u32 = 32;

const random: usize = memory.data(256, 16);
const r: usize = memory.data(304, 16);
const work: usize = memory.data(304, 16);

/** r^e modulo p, in Montgomery form. */
@inline
export function powerForP(blinding: usize): usize {
  return blinding + PAIRS;
}

/** 1 / r modulo p, in Montgomery form. */
@inline
export function inverseForP(blinding: usize): usize {
  return blinding + PAIRS + NUMBER;
}

/** r^e modulo q, in Montgomery form. */
@inline
export function powerForQ(blinding: usize): usize {
  return blinding + PAIRS + 2 * NUMBER;
}

/** 1 / r modulo q, in Montgomery form. */
@inline
export function inverseForQ(blinding: usize): usize {
  return blinding + PAIRS + 3 * NUMBER;
}

/** Makes a pair modulo a prime. @returns false when the DRBG must be reseeded first. */
function makePair(power: usize, inverse: usize, prime: usize, e: u32, drbg: usize): bool {
  const limbs = modulusLimbs(prime);
  const size = modulusBits(prime) >>> 3;
  if (!drbgGenerate(drbg, random, size)) return false;
  // Below 2^bits, so below twice the prime. What is random in Montgomery form is random.
  fromBytes(r, limbs, random, size);
  subtractOnce(r, modulusValue(prime), work, limbs);
  montPowerWord(power, r, e, prime);
  // 1 / (r R), so twice R^2. Should r be 0, the check of the result will fail.
  invert(inverse, r, prime);
  montMultiply(inverse, inverse, modulusSquare(prime), prime);
  montMultiply(inverse, inverse, modulusSquare(prime), prime);
  return true;
}

function squarePair(power: usize, inverse: usize, prime: usize): void {
  montSquare(power, power, prime);
  montSquare(inverse, inverse, prime);
}

/**
 * Makes pairs that no operation has used. `drbg` is a context of ../drbg: when there are no pairs, half a modulus of
 * random bytes is taken from it for each prime. Time tells whether that is so, which depends on earlier calls only.
 * @returns false, and leaves no pairs, when the DRBG must be reseeded first.
 */
export function renewBlinding(blinding: usize, p: usize, q: usize, e: u32, drbg: usize): bool {
  const left = load<u32>(blinding, LEFT);
  if (left != 0) {
    squarePair(powerForP(blinding), inverseForP(blinding), p);
    squarePair(powerForQ(blinding), inverseForQ(blinding), q);
    store<u32>(blinding, left - 1, LEFT);
    return true;
  }
  const made =
    makePair(powerForP(blinding), inverseForP(blinding), p, e, drbg) &&
    makePair(powerForQ(blinding), inverseForQ(blinding), q, e, drbg);
  wipe(random, 256);
  wipe(r, 304);
  wipe(work, 304);
  if (made) store<u32>(blinding, USES - 1, LEFT);
  else forgetBlinding(blinding);
  return made;
}

/** The next operation makes new pairs. */
export function forgetBlinding(blinding: usize): void {
  wipe(blinding, BLINDING_SIZE);
}
