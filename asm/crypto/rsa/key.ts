// RSA keys (RFC 8017, 3): n, e and, for private keys, p, q, dP, dQ and qInv, ready for the arithmetic of ../bignum.
// Private keys are made of n, e and one prime, as a TPM stores them.
//
// Key (RSA_KEY_SIZE bytes, no pointers in it; anywhere, but fastest at a multiple of 16; wipe it when done). Offsets:
//   0      u32  bits of n: 1024, 2048, 3072 or 4096; 0 = no key
//   4      u32  e
//   8      u32  1 = there is a private part
//   16     modulus n
//   1216   modulus p
//   1840   modulus q
//   2464   dP = 1 / e modulo p - 1
//   2768   dQ = 1 / e modulo q - 1
//   3072   1 / q modulo p, in Montgomery form
//   3376   blinding (blinding.ts), which private operations change
import { wipe } from "../bytes";
import {
  bitAt,
  copyNumber,
  equalMask,
  fromBytes,
  limbsFor,
  numberSize,
  subtractOnce,
  toBytes,
} from "../bignum/limbs";
import {
  modulusInit,
  modulusLimbs,
  modulusSquare,
  modulusValue,
  montMultiply,
  reduceFully,
  wipeMontgomery,
} from "../bignum/montgomery";
import { invert } from "../bignum/inverse";
import { divideExactly, divideExactlyByWord, multiplyWord } from "../bignum/product";
import { invertByWord, reduceByWord } from "../bignum/word";
import { BLINDING_SIZE } from "./blinding";

export const RSA_KEY_SIZE: u32 = 3376 + BLINDING_SIZE;
/** Bytes of the largest modulus. */
export const RSA_MAX_SIZE: u32 = 512;

const BITS: usize = 0;
const EXPONENT: usize = 4;
const PRIVATE: usize = 8;
const N: usize = 16;
const P: usize = 1216;
const Q: usize = 1840;
const DP: usize = 2464;
const DQ: usize = 2768;
const Q_INVERSE: usize = 3072;
const BLINDING: usize = 3376;

const number: usize = memory.data(608, 16);
const quotient: usize = memory.data(320, 16);
const divisor: usize = memory.data(320, 16);

/** Bytes of n, of a signature and of a ciphertext; 0 = no key. */
export function rsaSize(key: usize): u32 {
  return load<u32>(key, BITS) >>> 3;
}

/** The public exponent. */
export function rsaExponent(key: usize): u32 {
  return load<u32>(key, EXPONENT);
}

export function rsaHasPrivateKey(key: usize): bool {
  return load<u32>(key, PRIVATE) != 0;
}

@inline
export function keyBits(key: usize): u32 {
  return load<u32>(key, BITS);
}

@inline
export function keyModulus(key: usize): usize {
  return key + N;
}

@inline
export function keyP(key: usize): usize {
  return key + P;
}

@inline
export function keyQ(key: usize): usize {
  return key + Q;
}

@inline
export function keyDP(key: usize): usize {
  return key + DP;
}

@inline
export function keyDQ(key: usize): usize {
  return key + DQ;
}

@inline
export function keyQInverse(key: usize): usize {
  return key + Q_INVERSE;
}

@inline
export function keyBlinding(key: usize): usize {
  return key + BLINDING;
}

/** Whether keys of so many bits exist here. */
export function rsaBitsSupported(bits: u32): bool {
  return bits == 1024 || bits == 2048 || bits == 3072 || bits == 4096;
}

/**
 * Makes a public key of n (big-endian, `size` bytes: 128, 256, 384 or 512) and e (odd, at least 3).
 * @returns false, and leaves a wiped key, when the size is another one, n is even or its highest bit is 0, or e is even
 * or 1.
 */
export function rsaLoadPublic(key: usize, n: usize, size: u32, e: u32): bool {
  memory.fill(key, 0, RSA_KEY_SIZE);
  if (!isPublic(n, size, e)) return false;
  const bits = size << 3;
  const limbs = limbsFor(bits);
  fromBytes(number, limbs, n, size);
  modulusInit(key + N, number, limbs, bits);
  store<u32>(key, bits, BITS);
  store<u32>(key, e, EXPONENT);
  return true;
}

function isPublic(n: usize, size: u32, e: u32): bool {
  if (size > RSA_MAX_SIZE || !rsaBitsSupported(size << 3) || e < 3 || (e & 1) == 0) return false;
  return (load<u8>(n) & 0x80) != 0 && (load<u8>(n + size - 1) & 1) != 0;
}

/** Odd, its highest bit 1, and half as long as a modulus of `size` bytes. */
function isPrimeSized(prime: usize, primeSize: u32, size: u32): bool {
  return primeSize << 1 == size && (load<u8>(prime) & 0x80) != 0 && (load<u8>(prime + primeSize - 1) & 1) != 0;
}

/**
 * Whether n, e and one prime fit together, at a tenth of the cost of rsaLoadPrivate: for a key that is not used yet.
 * @returns what rsaLoadPrivate would, but for two factors that are no primes and have a common one.
 */
export function rsaPartsFit(n: usize, size: u32, e: u32, prime: usize, primeSize: u32): bool {
  if (!isPublic(n, size, e) || !isPrimeSized(prime, primeSize, size)) return false;
  const bits = primeSize << 3;
  const limbs = limbsFor(bits);
  fromBytes(divisor, limbs, prime, primeSize);
  const fits =
    divideModulus(n, size, divisor, limbs, bits) &&
    equalMask(quotient, divisor, limbs) == 0 &&
    inverseModuloExponent(divisor, limbs, e) != 0 &&
    inverseModuloExponent(quotient, limbs, e) != 0;
  wipe(number, 608);
  wipe(quotient, 320);
  wipe(divisor, 320);
  return fits;
}

/** quotient = n / prime, tight. False when that is no number of `bits` bits; then the quotient makes no sense. */
function divideModulus(n: usize, size: u32, prime: usize, limbs: u32, bits: u32): bool {
  // q = n / p < 2^(bits + 1), since p >= 2^(bits - 1); q > 2^(bits - 1), since p < 2^bits.
  fromBytes(number, 2 * limbs, n, size);
  return divideExactly(quotient, number, 2 * limbs, prime, limbs) != 0 && bitAt(quotient, bits) == 0;
}

/**
 * Makes a private key of n and e, as for rsaLoadPublic, and one of the two primes (big-endian, half as many bytes as
 * n).
 * @returns false, and leaves a wiped key, when the parts don't make an RSA key: the prime has another size, is even or
 * has its highest bit 0, does not divide n, is its square root, or e has no inverse modulo p - 1 or q - 1. Whether p
 * and q are prime is not tested; a key where they aren't fails in rsaPrivate.
 */
export function rsaLoadPrivate(key: usize, n: usize, size: u32, e: u32, prime: usize, primeSize: u32): bool {
  if (!rsaLoadPublic(key, n, size, e)) return false;
  const good = isPrimeSized(prime, primeSize, size) && loadPrimes(key, n, size, prime, primeSize);
  if (good) store<u32>(key, 1, PRIVATE);
  else wipe(key, RSA_KEY_SIZE);
  wipe(number, 608);
  wipe(quotient, 320);
  wipeMontgomery();
  return good;
}

function loadPrimes(key: usize, n: usize, size: u32, prime: usize, primeSize: u32): bool {
  const bits = primeSize << 3;
  const limbs = limbsFor(bits);
  const e = load<u32>(key, EXPONENT);
  fromBytes(quotient, limbs, prime, primeSize);
  modulusInit(key + P, quotient, limbs, bits);
  if (!divideModulus(n, size, modulusValue(key + P), limbs, bits)) return false;
  modulusInit(key + Q, quotient, limbs, bits);
  if (!privateExponent(key + DP, key + P, e) || !privateExponent(key + DQ, key + Q, e)) return false;
  // q < 2^bits < 2 p.
  copyNumber(number, quotient, limbs);
  subtractOnce(number, modulusValue(key + P), quotient, limbs);
  if (invert(quotient, number, key + P) == 0) return false;
  montMultiply(key + Q_INVERSE, quotient, modulusSquare(key + P), key + P);
  reduceFully(key + Q_INVERSE, key + P);
  return true;
}

/** 1 / (p - 1) modulo e, of tight p; 0 when there is none. Leaves p - 1 in number, with four limbs more. */
function inverseModuloExponent(p: usize, limbs: u32, e: u32): u32 {
  memory.fill(number, 0, numberSize(limbs + 4));
  memory.copy(number, p, limbs << 2);
  // p is odd.
  store<u32>(number, load<u32>(number) - 1);
  return invertByWord(reduceByWord(number, limbs, e), e);
}

/** d = 1 / e modulo p - 1: (1 + k (p - 1)) / e, where k is -1 / (p - 1) modulo e. @returns false if there is none. */
function privateExponent(d: usize, p: usize, e: u32): bool {
  const limbs = modulusLimbs(p);
  const inverse = inverseModuloExponent(modulusValue(p), limbs, e);
  if (inverse == 0) return false;
  multiplyWord(number, e - inverse, 1, limbs + 4);
  divideExactlyByWord(number, e, limbs + 4);
  copyNumber(d, number, limbs);
  return true;
}

/** Writes n, rsaSize(key) bytes, big-endian. */
export function rsaGetModulus(key: usize, out: usize): void {
  toBytes(out, load<u32>(key, BITS) >>> 3, modulusValue(key + N), modulusLimbs(key + N));
}

/** Writes p, half as many bytes as n, big-endian. */
export function rsaGetPrime(key: usize, out: usize): void {
  toBytes(out, load<u32>(key, BITS) >>> 4, modulusValue(key + P), modulusLimbs(key + P));
}
