// RSAEP and RSADP (RFC 8017, 5.1): the public operation, and the private one by the Chinese remainder theorem, blinded
// and checked. In the private operation branches and addresses depend on the size of the key, the public exponent and
// the outcome, not on key or value.
//
// What the power works on is blinded (blinding.ts). Fault check: the result to the power of e must be the value that came
// in (D. Boneh, R. DeMillo, R. Lipton, "On the importance of checking cryptographic protocols for faults", 1997).
import { wipe } from "../bytes";
import {
  addLimbs,
  copyNumber,
  equalMask,
  fromBytes,
  lessThan,
  subtractLimbs,
  tighten,
  toBytes,
} from "../bignum/limbs";
import {
  fromMontgomery,
  modulusBits,
  modulusLimbs,
  modulusValue,
  montMultiply,
  reduceFully,
  reduceWide,
  toMontgomery,
  wipeMontgomery,
} from "../bignum/montgomery";
import { montPower, montPowerWord, wipePower } from "../bignum/exponent";
import { multiply } from "../bignum/product";
import { forgetBlinding, inverseForP, inverseForQ, powerForP, powerForQ, renewBlinding } from "./blinding";
import {
  keyBlinding,
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
const work: usize = memory.data(304, 16);
const remainderP: usize = memory.data(304, 16);
const remainderQ: usize = memory.data(304, 16);
const remainderN: usize = memory.data(608, 16);

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

/** r = value^d modulo the prime, plain and tight; `power` and `inverse` are its blinding. */
function powerModuloPrime(r: usize, prime: usize, d: usize, key: usize, power: usize, inverse: usize): void {
  reduceWide(base, value, modulusLimbs(keyModulus(key)), prime);
  montMultiply(base, base, power, prime);
  montPower(work, base, d, modulusBits(prime), prime);
  montMultiply(work, work, inverse, prime);
  fromMontgomery(r, work, prime);
}

/**
 * output = input^d modulo n, both big-endian numbers of rsaSize(key) bytes; they may be the same memory. `drbg` is a
 * context of ../drbg, for the blinding, which is kept in the key: one operation with it at a time. On failure the output is
 * left as it was.
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
  const blinding = keyBlinding(key);
  const p = keyP(key), q = keyQ(key);
  if (!renewBlinding(blinding, p, q, rsaExponent(key), drbg)) {
    wipeOperation();
    return RSA_RANDOM;
  }
  powerModuloPrime(remainderP, p, keyDP(key), key, powerForP(blinding), inverseForP(blinding));
  powerModuloPrime(remainderQ, q, keyDQ(key), key, powerForQ(blinding), inverseForQ(blinding));
  recombine(key);
  power(check, remainderN, key);
  let status = RSA_SUCCESS;
  if (equalMask(check, value, limbs) == 0) {
    forgetBlinding(blinding);
    status = RSA_FAULT;
  } else toBytes(output, size, remainderN, limbs);
  wipeOperation();
  return status;
}

/** remainderN = remainderQ + q h with h = (remainderP - remainderQ) / q modulo p. */
function recombine(key: usize): void {
  const p = keyP(key);
  const q = keyQ(key);
  const half = modulusLimbs(p);
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
  wipe(work, 304);
  wipe(remainderP, 304);
  wipe(remainderQ, 304);
  wipe(remainderN, 608);
  wipePower();
  wipeMontgomery();
}
