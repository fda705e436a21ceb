// RSAEP and RSADP (RFC 8017, 5.1): the public operation, and the private one by the Chinese remainder theorem, blinded
// and checked. In the private operation branches and addresses depend on the size of the key, the public exponent and
// the outcome, not on key or value.
//
// Blinding: for each prime a random r; r^e goes into the base of the power and 1 / r into its result, so that what the
// power works on is unknown to whoever chose the value. Fault check: the result to the power of e must be the value
// that came in (D. Boneh, R. DeMillo, R. Lipton, "On the importance of checking cryptographic protocols for faults",
// 1997).
import { wipe } from "../bytes";
import { drbgGenerate } from "../drbg";
import {
  addLimbs,
  copyNumber,
  equalMask,
  fromBytes,
  lessThan,
  subtractLimbs,
  subtractOnce,
  tighten,
  toBytes,
} from "../bignum/limbs";
import {
  fromMontgomery,
  modulusBits,
  modulusLimbs,
  modulusSquare,
  modulusValue,
  montMultiply,
  reduceFully,
  reduceWide,
  toMontgomery,
  wipeMontgomery,
} from "../bignum/montgomery";
import { montPower, montPowerWord, wipePower } from "../bignum/exponent";
import { invert } from "../bignum/inverse";
import { multiply } from "../bignum/product";
import {
  keyDP,
  keyDQ,
  keyModulus,
  keyP,
  keyQ,
  keyQInverse,
  rsaExponent,
  rsaHasPrivateKey,
  rsaSize,
} from "./key";
import { RSA_FAULT, RSA_NO_PRIVATE_KEY, RSA_RANDOM, RSA_SIZE, RSA_SUCCESS, RSA_VALUE } from "./status";

const value: usize = memory.data(592, 16);
const result: usize = memory.data(608, 16);
const check: usize = memory.data(592, 16);
const base: usize = memory.data(304, 16);
const blind: usize = memory.data(304, 16);
const work: usize = memory.data(304, 16);
const remainderP: usize = memory.data(304, 16);
const remainderQ: usize = memory.data(304, 16);
const remainderN: usize = memory.data(608, 16);
const random: usize = memory.data(256, 16);

/** r = a^e modulo n, tight; a is tight and below n. */
function power(r: usize, a: usize, key: usize): void {
  const n = keyModulus(key);
  toMontgomery(r, a, n);
  copyNumber(result, r, modulusLimbs(n));
  montPowerWord(r, result, rsaExponent(key), n);
  fromMontgomery(r, r, n);
}

/**
 * output = input^e modulo n, both big-endian numbers of rsaSize(key) bytes; they may be the same memory.
 * @returns RSA_SUCCESS; RSA_SIZE for another inputSize; RSA_VALUE for an input that is not below n.
 */
export function rsaPublic(key: usize, input: usize, inputSize: u32, output: usize): u32 {
  const size = rsaSize(key);
  if (inputSize != size || size == 0) return RSA_SIZE;
  const n = keyModulus(key);
  const limbs = modulusLimbs(n);
  fromBytes(value, limbs, input, size);
  if (lessThan(value, modulusValue(n), limbs) == 0) return RSA_VALUE;
  power(check, value, key);
  toBytes(output, size, check, limbs);
  // The input of an encryption is as secret as a key.
  wipeOperation();
  return RSA_SUCCESS;
}

/** r = value^d modulo the prime, plain, below twice the prime; with a fresh blinding factor. */
function powerModuloPrime(r: usize, prime: usize, d: usize, key: usize, drbg: usize): bool {
  const limbs = modulusLimbs(prime);
  const bits = modulusBits(prime);
  if (!drbgGenerate(drbg, random, bits >>> 3)) return false;
  // Below 2^bits, so below twice the prime.
  fromBytes(blind, limbs, random, bits >>> 3);
  subtractOnce(blind, modulusValue(prime), work, limbs);
  // blind is r R for a random r: base = value r^e.
  reduceWide(base, value, modulusLimbs(keyModulus(key)), prime);
  montPowerWord(work, blind, rsaExponent(key), prime);
  montMultiply(base, base, work, prime);
  montPower(work, base, d, bits, prime);
  // work = value^d r R; base = 1 / (r R). Should r be 0, the check of the result will fail.
  invert(base, blind, prime);
  montMultiply(work, work, base, prime);
  montMultiply(r, work, modulusSquare(prime), prime);
  return true;
}

/**
 * output = input^d modulo n, both big-endian numbers of rsaSize(key) bytes; they may be the same memory. `drbg` is a
 * context of ../drbg: twice half a modulus of random bytes are taken from it. On failure the output is left as it was.
 * @returns RSA_SUCCESS; RSA_NO_PRIVATE_KEY; RSA_SIZE for another inputSize; RSA_VALUE for an input that is not below n;
 * RSA_RANDOM; RSA_FAULT.
 */
export function rsaPrivate(key: usize, drbg: usize, input: usize, inputSize: u32, output: usize): u32 {
  const size = rsaSize(key);
  if (!rsaHasPrivateKey(key)) return RSA_NO_PRIVATE_KEY;
  if (inputSize != size) return RSA_SIZE;
  const n = keyModulus(key);
  const limbs = modulusLimbs(n);
  fromBytes(value, limbs, input, size);
  if (lessThan(value, modulusValue(n), limbs) == 0) return RSA_VALUE;
  let status = RSA_SUCCESS;
  if (
    !powerModuloPrime(remainderP, keyP(key), keyDP(key), key, drbg) ||
    !powerModuloPrime(remainderQ, keyQ(key), keyDQ(key), key, drbg)
  ) {
    status = RSA_RANDOM;
  } else {
    recombine(key);
    power(check, remainderN, key);
    if (equalMask(check, value, limbs) == 0) status = RSA_FAULT;
    else toBytes(output, size, remainderN, limbs);
  }
  wipeOperation();
  return status;
}

/** remainderN = remainderQ + q h with h = (remainderP - remainderQ) / q modulo p. */
function recombine(key: usize): void {
  const p = keyP(key);
  const q = keyQ(key);
  const half = modulusLimbs(p);
  reduceFully(remainderQ, q);
  // remainderP - remainderQ + 2 p: positive, since remainderQ < q < 2^bits < 2 p; below 4 p. The sum of the limbs is
  // below 2^29 + 2^6 + 2^30, and above -2^29.
  const valueOfP = modulusValue(p);
  subtractLimbs(work, remainderP, remainderQ, half);
  addLimbs(work, work, valueOfP, half);
  addLimbs(work, work, valueOfP, half);
  tighten(work, half);
  montMultiply(work, work, keyQInverse(key), p);
  reduceFully(work, p);
  multiply(remainderN, work, half, modulusValue(q), half);
  addLimbs(remainderN, remainderN, remainderQ, half);
  tighten(remainderN, 2 * half);
  // Of the 2 half limbs those above the limbs of n are zero, and its guard.
}

function wipeOperation(): void {
  wipe(value, 592);
  wipe(result, 608);
  wipe(check, 592);
  wipe(base, 304);
  wipe(blind, 304);
  wipe(work, 304);
  wipe(remainderP, 304);
  wipe(remainderQ, 304);
  wipe(remainderN, 608);
  wipe(random, 256);
  wipePower();
  wipeMontgomery();
}
