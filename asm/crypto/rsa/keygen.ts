// RSA key generation in slices (FIPS 186-5, A.1.1 and A.1.3: probable primes), from random bits that the caller's DRBG
// gives: the same DRBG state gives the same key.
//
//   1. X: random, of half the bits, odd, at least sqrt(2) 2^(bits / 2 - 1).
//   2. A sieve over X, X + 2 .. X + 8190 (sieve.ts); candidates are what is left of it, in random order.
//   3. Miller-Rabin: base 2 finds nearly all composites, then as many random bases as the size asks for (prime.ts).
//   4. The second prime likewise; |p - q| > 2^(bits / 2 - 100), else another one is looked for.
//   5. The key is made; d > 2^(bits / 2); a private operation and its check must agree.
//
// A TPM whose seeds come from libtpms has to find the primes that libtpms finds: other fields, another order of their
// candidates, and a random base for each candidate (ofLibtpms: 0, or which of libtpms' two ways).
//
// Context (RSA_KEYGEN_SIZE bytes, no pointers in it): it may be copied away and back between any two steps. Wiping it
// cancels the generation.
//   0    u32  state
//   4    u32  bits of the modulus
//   8    u32  e
//   12   u32  primes found
//   16   u32  rounds passed by the candidate
//   20   u32  libtpms': its way
//   24   u32  libtpms': candidates left in the field
//   28   u32  libtpms': what chooses among them
//   32        field of the sieve, 512 bytes: what is no candidate, or was one
//   544       the same, of candidates that need no test to be called composite
//   1056      X
//   1360      candidate; in the end q
//   1664      p
//   1968      libtpms': field, 2048 bytes
import { loadBigEndian32, storeBigEndian32, wipe } from "../bytes";
import { DRBG_CONTEXT_SIZE, drbgGenerate } from "../drbg";
import {
  add,
  bitAt,
  bitLength,
  copyNumber,
  equalMask,
  fromBytes,
  lessThan,
  limbsFor,
  setWord,
  subtract,
  tighten,
  toBytes,
} from "../bignum/limbs";
import { modulusLimbs, modulusValue } from "../bignum/montgomery";
import { multiply } from "../bignum/product";
import { isPrimeWord } from "../bignum/word";
import { RSA_KEY_SIZE, keyDP, keyDQ, keyP, keyQ, rsaBitsSupported, rsaLoadPrivate } from "./key";
import { rsaPrivate } from "./operation";
import { millerRabin, millerRabinRounds } from "./prime";
import {
  countSurvivors,
  FIELD_SIZE,
  isMarked,
  markMultiplesOfPrimes,
  remainder,
  sieve,
  takeNth,
  takeSurvivor,
} from "./sieve";
import { RSA_FAULT, RSA_RANDOM, RSA_SUCCESS, RSA_UNFINISHED, RSA_VALUE } from "./status";

export const RSA_KEYGEN_SIZE: u32 = 4016;

const STATE: usize = 0;
const BITS: usize = 4;
const EXPONENT: usize = 8;
const FOUND: usize = 12;
const ROUNDS: usize = 16;
const WAY: usize = 20;
const LEFT: usize = 24;
const CHOICE: usize = 28;
const FIELD: usize = 32;
const LARGER: usize = 544;
const X: usize = 1056;
const CANDIDATE: usize = 1360;
const FIRST: usize = 1664;
const LIBTPMS_FIELD: usize = 1968;

const LIBTPMS_FIELD_SIZE: u32 = 16384;
/** Before revision 1.55 of the reference code: octets in the other order, and less of the top. */
export const LIBTPMS_ORIGINAL: u32 = 1;
/** Since then. */
export const LIBTPMS_PRIME_ADJUST_FIX: u32 = 2;
/** In place of ROUNDS: base 2 has told that the candidate is composite. */
const COMPOSITE: u32 = 0xffffffff;

const STATE_FIELD: u32 = 1;
const STATE_FILTER: u32 = 2;
const STATE_ROUNDS: u32 = 3;
const STATE_KEY: u32 = 4;

/** The first 32 bits of sqrt(2) / 2, rounded up. */
const LEAST_TOP: u32 = 0xb504f334;
/** How often X is drawn anew in one step. */
const DRAWS: u32 = 16;

const bytes: usize = memory.data(512, 16);
const base: usize = memory.data(304, 16);
const work: usize = memory.data(608, 16);
const other: usize = memory.data(304, 16);
const primeBytes: usize = memory.data(256, 16);
const drbgBefore: usize = memory.data(64, 16);

/**
 * Starts to generate a key of `bits` bits (1024, 2048, 3072 or 4096) with the public exponent e, an odd prime.
 * @param ofLibtpms LIBTPMS_ORIGINAL or LIBTPMS_PRIME_ADJUST_FIX for the key that libtpms makes of the same DRBG; 0 for ours
 * @returns false, and leaves a wiped context, for other sizes and exponents.
 */
export function rsaKeygenStart(context: usize, bits: u32, e: u32, ofLibtpms: u32 = 0): bool {
  wipe(context, RSA_KEYGEN_SIZE);
  if (!rsaBitsSupported(bits) || e == 2 || !isPrimeWord(e)) return false;
  store<u32>(context, bits, BITS);
  store<u32>(context, e, EXPONENT);
  store<u32>(context, ofLibtpms, WAY);
  store<u32>(context, STATE_FIELD, STATE);
  return true;
}

/**
 * One step: a sieve, or one power modulo a candidate, or the making of the key. That is a few milliseconds for 4096
 * bits. `drbg` is a context of ../drbg; the steps of one generation must use the same. `key` is written when it is
 * done.
 * @returns RSA_UNFINISHED: call again; RSA_SUCCESS: the key is made and the context wiped; RSA_RANDOM: reseed and call
 * again; RSA_VALUE: no generation is going on.
 */
export function rsaKeygenStep(context: usize, drbg: usize, key: usize): u32 {
  let status = RSA_VALUE;
  const ofLibtpms = load<u32>(context, WAY) != 0;
  switch (load<u32>(context, STATE)) {
    case STATE_FIELD:
      status = ofLibtpms ? startLibtpmsField(context, drbg) : startField(context, drbg);
      break;
    case STATE_FILTER:
      status = ofLibtpms ? nextLibtpmsCandidate(context) : nextCandidate(context, drbg);
      break;
    case STATE_ROUNDS:
      status = nextRound(context, drbg);
      break;
    case STATE_KEY:
      status = ofLibtpms ? makeLibtpmsKey(context, drbg, key) : makeKey(context, drbg, key);
      break;
  }
  wipe(bytes, 512);
  wipe(base, 304);
  wipe(work, 608);
  wipe(other, 304);
  return status;
}

@inline
function primeBits(context: usize): u32 {
  return load<u32>(context, BITS) >>> 1;
}

/** Draws X and sieves. */
function startField(context: usize, drbg: usize): u32 {
  const bits = primeBits(context);
  const limbs = limbsFor(bits);
  const size = bits >>> 3;
  for (let i: u32 = 0; i < DRAWS; i++) {
    if (!drbgGenerate(drbg, bytes, size)) return RSA_RANDOM;
    if (loadBigEndian32(bytes) < LEAST_TOP) continue;
    store<u8>(bytes + size - 1, load<u8>(bytes + size - 1) | 1);
    fromBytes(context + X, limbs, bytes, size);
    sieve(context + FIELD, context + LARGER, context + X, limbs, bits, load<u32>(context, EXPONENT));
    store<u32>(context, STATE_FILTER, STATE);
    break;
  }
  return RSA_UNFINISHED;
}

/** Takes a random one of the candidates that are left, and tests it with base 2. */
function nextCandidate(context: usize, drbg: usize): u32 {
  const bits = primeBits(context);
  const limbs = limbsFor(bits);
  if (!drbgGenerate(drbg, bytes, 2)) return RSA_RANDOM;
  const j = takeSurvivor(context + FIELD, load<u16>(bytes) & (FIELD_SIZE - 1));
  if (j < 0) {
    store<u32>(context, STATE_FIELD, STATE);
    return RSA_UNFINISHED;
  }
  if (isMarked(context + LARGER, j as u32)) return RSA_UNFINISHED;
  const candidate = context + CANDIDATE;
  copyNumber(candidate, context + X, limbs);
  store<u32>(candidate, load<u32>(candidate) + 2 * (j as u32));
  tighten(candidate, limbs);
  // X + 2 j may have grown by a bit, if X is all ones at the top.
  if (bitAt(candidate, bits) == 0 && millerRabin(candidate, limbs, bits, 0)) {
    store<u32>(context, 0, ROUNDS);
    store<u32>(context, STATE_ROUNDS, STATE);
  }
  return RSA_UNFINISHED;
}

/** Draws X as libtpms does, and sieves over X, X + 2 .. from a multiple of 105 below it on. */
function startLibtpmsField(context: usize, drbg: usize): u32 {
  const bits = primeBits(context);
  const limbs = limbsFor(bits);
  const size = bits >>> 3;
  if (!drbgGenerate(drbg, bytes, size)) return RSA_RANDOM;
  let top: u32;
  if (load<u32>(context, WAY) == LIBTPMS_ORIGINAL) {
    for (let i: u32 = 0; i < size >>> 1; i++) {
      const octet = load<u8>(bytes + i);
      store<u8>(bytes + i, load<u8>(bytes + size - 1 - i));
      store<u8>(bytes + size - 1 - i, octet);
    }
    // Of the 64 bits at the top it kept the lowest 16 beside the 16 that it adjusts.
    top = ((((loadBigEndian32(bytes) >>> 16) * 0x4afb) >>> 16) + 0xb505) << 16;
    store<u16>(bytes + 4, 0);
  } else {
    top = loadBigEndian32(bytes);
    top = (top >>> 16) * 0x4afb + (((top & 0xffff) * 0x4afb) >>> 16) + 0xb5050000;
  }
  storeBigEndian32(bytes, top);
  store<u8>(bytes + size - 1, load<u8>(bytes + size - 1) | 1);
  store<u32>(context, loadBigEndian32(bytes + size - 4) | 0x80000000, CHOICE);
  const x = context + X;
  fromBytes(x, limbs, bytes, size);
  const over = remainder(x, limbs, 105);
  setWord(other, over & 1 ? over + 105 : over, limbs);
  subtract(x, x, other, limbs);
  markMultiplesOfPrimes(context + LIBTPMS_FIELD, LIBTPMS_FIELD_SIZE, x, limbs, 0, libtpmsLimit(bits));
  store<u32>(context, countSurvivors(context + LIBTPMS_FIELD, LIBTPMS_FIELD_SIZE), LEFT);
  store<u32>(context, STATE_FILTER, STATE);
  return RSA_UNFINISHED;
}

/** Above the last prime that libtpms sieves with: the 1024th, the 4096th, 65521 (its table ends with 65537, which it leaves out). */
function libtpmsLimit(bits: u32): u32 {
  return bits <= 512 ? 8168 : bits <= 1024 ? 38892 : 65536;
}

/**
 * Takes the candidate that libtpms takes. What base 2 calls composite gets no other verdict from the base that libtpms
 * draws for it, but for one chance in 2^100 or less; the base must be drawn nevertheless.
 */
function nextLibtpmsCandidate(context: usize): u32 {
  const bits = primeBits(context);
  const limbs = limbsFor(bits);
  const left = load<u32>(context, LEFT);
  if (left == 0) {
    store<u32>(context, STATE_FIELD, STATE);
    return RSA_UNFINISHED;
  }
  const j = takeNth(context + LIBTPMS_FIELD, (load<u32>(context, CHOICE) % left) + 1);
  store<u32>(context, left - 1, LEFT);
  const candidate = context + CANDIDATE;
  copyNumber(candidate, context + X, limbs);
  store<u32>(candidate, load<u32>(candidate) + 2 * j);
  tighten(candidate, limbs);
  if (remainder(candidate, limbs, load<u32>(context, EXPONENT)) <= 1) return RSA_UNFINISHED;
  // X + 2 j may have grown by a bit, if X is all ones at the top.
  const isCandidate = bitAt(candidate, bits) == 0 && millerRabin(candidate, limbs, bits, 0);
  store<u32>(context, isCandidate ? 0 : COMPOSITE, ROUNDS);
  store<u32>(context, STATE_ROUNDS, STATE);
  return RSA_UNFINISHED;
}

/** What our own trial draws is not drawn by libtpms, which goes on with the same instance. */
function makeLibtpmsKey(context: usize, drbg: usize, key: usize): u32 {
  memory.copy(drbgBefore, drbg, DRBG_CONTEXT_SIZE);
  const status = makeKey(context, drbg, key);
  memory.copy(drbg, drbgBefore, DRBG_CONTEXT_SIZE);
  wipe(drbgBefore, DRBG_CONTEXT_SIZE);
  return status;
}

/** One round with a random base 1 < base < w - 1. */
function nextRound(context: usize, drbg: usize): u32 {
  const bits = primeBits(context);
  const limbs = limbsFor(bits);
  const candidate = context + CANDIDATE;
  if (!drbgGenerate(drbg, bytes, bits >>> 3)) return RSA_RANDOM;
  fromBytes(base, limbs, bytes, bits >>> 3);
  setWord(other, 2, limbs);
  copyNumber(work, candidate, limbs);
  // Candidates are odd: no borrow.
  store<u32>(work, load<u32>(work) - 1);
  if (lessThan(base, other, limbs) != 0 || lessThan(base, work, limbs) == 0) return RSA_UNFINISHED;
  if (load<u32>(context, ROUNDS) == COMPOSITE || !millerRabin(candidate, limbs, bits, base)) {
    store<u32>(context, STATE_FILTER, STATE);
    return RSA_UNFINISHED;
  }
  const rounds = load<u32>(context, ROUNDS) + 1;
  store<u32>(context, rounds, ROUNDS);
  // libtpms has 5 for 512 bits; from 1024 on the two agree.
  const enough = load<u32>(context, WAY) == 0 ? millerRabinRounds(bits) : min<u32>(millerRabinRounds(bits), 5);
  if (rounds == enough) primeFound(context);
  return RSA_UNFINISHED;
}

function primeFound(context: usize): void {
  const bits = primeBits(context);
  const limbs = limbsFor(bits);
  store<u32>(context, STATE_FIELD, STATE);
  if (load<u32>(context, FOUND) == 0) {
    copyNumber(context + FIRST, context + CANDIDATE, limbs);
    store<u32>(context, 1, FOUND);
  } else if (primesFarApart(context + FIRST, context + CANDIDATE, bits)) store<u32>(context, STATE_KEY, STATE);
}

/** |p - q| > 2^(bits - 100) for primes of `bits` bits (FIPS 186-5, A.1.3, step 5.4). */
export function primesFarApart(p: usize, q: usize, bits: u32): bool {
  const limbs = limbsFor(bits);
  if (subtract(work, p, q, limbs) != 0) subtract(work, q, p, limbs);
  // Less one, so that a difference of exactly 2^(bits - 100) is none.
  setWord(other, 1, limbs);
  if (subtract(work, work, other, limbs) != 0) return false;
  return bitLength(work, limbs) > bits - 100;
}

/** Makes the key, and tries it. */
function makeKey(context: usize, drbg: usize, key: usize): u32 {
  const bits = load<u32>(context, BITS);
  const limbs = limbsFor(bits >>> 1);
  const size = bits >>> 3;
  multiply(work, context + FIRST, limbs, context + CANDIDATE, limbs);
  toBytes(bytes, size, work, 2 * limbs);
  toBytes(primeBytes, size >>> 1, context + FIRST, limbs);
  const e = load<u32>(context, EXPONENT);
  let status = RSA_FAULT;
  if (rsaLoadPrivate(key, bytes, size, e, primeBytes, size >>> 1) && privateExponentIsLarge(key)) {
    if (drbgGenerate(drbg, bytes, size)) {
      store<u8>(bytes, load<u8>(bytes) & 0x7f);
      status = rsaPrivate(key, drbg, bytes, size, bytes);
    } else status = RSA_RANDOM;
  }
  wipe(primeBytes, 256);
  if (status == RSA_SUCCESS) {
    wipe(context, RSA_KEYGEN_SIZE);
    return RSA_SUCCESS;
  }
  wipe(key, RSA_KEY_SIZE);
  if (status == RSA_RANDOM) return RSA_RANDOM;
  // A composite passed, or d is small: from the beginning.
  store<u32>(context, 0, FOUND);
  store<u32>(context, STATE_FIELD, STATE);
  return RSA_UNFINISHED;
}

/**
 * d = 1 / e modulo lcm(p - 1, q - 1) is above 2^(bits / 2) (FIPS 186-5, A.1.1, criterion 3). Else d would be dP or
 * dP + p - 1, since p - 1 > 2^(bits / 2) / 2, and dQ or dQ + q - 1: enough that none of these are equal.
 */
export function privateExponentIsLarge(key: usize): bool {
  const p = keyP(key);
  const q = keyQ(key);
  const limbs = modulusLimbs(p);
  add(work, keyDP(key), modulusValue(p), limbs);
  add(other, keyDQ(key), modulusValue(q), limbs);
  setWord(base, 1, limbs);
  subtract(work, work, base, limbs);
  subtract(other, other, base, limbs);
  return (
    (equalMask(keyDP(key), keyDQ(key), limbs) |
      equalMask(keyDP(key), other, limbs) |
      equalMask(work, keyDQ(key), limbs) |
      equalMask(work, other, limbs)) ==
    0
  );
}
