// Scalars: tight numbers modulo the order n of the curve in use. Constant time unless a function says otherwise.
import {
  LIMB_BITS,
  add,
  copyNumber,
  fromBytes,
  lessThan,
  select,
  setZero,
  subtract,
  subtractOnce,
  tighten,
  toBytes,
  zeroMask,
} from "../bignum/limbs";
import { invert } from "../bignum/inverse";
import { modulusSquare, modulusValue, montMultiply, reduceFully, wipeMontgomery } from "../bignum/montgomery";
import { wipe } from "../bytes";
import { drbgGenerate } from "../drbg";
import { limbs, modN, orderBits, size, wipeSlot } from "./curve";

const product: usize = memory.data(112, 16);
const difference: usize = memory.data(112, 16);
const limit: usize = memory.data(112, 16);
/** Random bytes for a scalar: `size` + 8. */
const random: usize = memory.data(96, 16);

/** r = the big-endian scalar of `size` bytes. @returns 0xffffffff when it is in 1 .. n - 1, else 0. */
export function scalarFromBytes(r: usize, at: usize): u32 {
  fromBytes(r, limbs, at, size);
  return (0 - lessThan(r, modulusValue(modN), limbs)) & ~zeroMask(r, limbs);
}

@inline
export function scalarToBytes(at: usize, a: usize): void {
  toBytes(at, size, a, limbs);
}

@inline
export function scalarZeroMask(a: usize): u32 {
  return zeroMask(a, limbs);
}

/** r = a + b modulo n. */
export function scalarAdd(r: usize, a: usize, b: usize): void {
  add(r, a, b, limbs);
  subtractOnce(r, modulusValue(modN), difference, limbs);
}

/** r = a - b modulo n. r may be a or b. */
export function scalarSubtract(r: usize, a: usize, b: usize): void {
  const borrow = subtract(difference, a, b, limbs);
  add(r, difference, modulusValue(modN), limbs);
  select(r, r, difference, 0 - borrow, limbs);
}

/** r = a b modulo n. r may be a or b. */
export function scalarMultiply(r: usize, a: usize, b: usize): void {
  montMultiply(product, a, modulusSquare(modN), modN);
  montMultiply(r, product, b, modN);
  reduceFully(r, modN);
}

/** r = 1 / a modulo n, for a in 1 .. n - 1. r may be a. */
export function scalarInvert(r: usize, a: usize): void {
  invert(r, a, modN);
}

/** r = `number` (any tight number below 2 n) modulo n. */
export function scalarReduce(r: usize, number: usize): void {
  copyNumber(r, number, limbs);
  subtractOnce(r, modulusValue(modN), difference, limbs);
}

/** r = a big-endian number of any size modulo `modulus`, a tight number of `orderBits` bits: n - 1, n or p. */
export function reduceBytes(r: usize, at: usize, bytes: u32, modulus: usize): void {
  const whole = min(bytes, (orderBits - 1) >>> 3);
  fromBytes(r, limbs, at, whole);
  for (let i = whole; i < bytes; i++) {
    const byte = load<u8>(at + i) as u32;
    for (let bit: i32 = 7; bit >= 0; bit--) {
      for (let p = r, end = r + (limbs << 2); p < end; p += 4) store<u32>(p, load<u32>(p) << 1);
      store<u32>(r, load<u32>(r) | ((byte >>> bit) & 1));
      tighten(r, limbs);
      subtractOnce(r, modulus, difference, limbs);
    }
  }
}

/** r = a big-endian number of any size modulo n. */
export function scalarFromWide(r: usize, at: usize, bytes: u32): void {
  reduceBytes(r, at, bytes, modulusValue(modN));
}

/** r = the leftmost bits of a digest, as many as n has, modulo n (FIPS 186-5, 6.4.1). */
export function scalarFromDigest(r: usize, digest: usize, digestSize: u32): void {
  const used = min(digestSize, size);
  fromBytes(r, limbs, digest, used);
  const excess: i32 = (used << 3) - orderBits;
  if (excess > 0) {
    for (let p = r, end = r + (limbs << 2); p < end; p += 4) {
      const two = (load<u32>(p) as u64) | ((load<u32>(p, 4) as u64) << LIMB_BITS);
      store<u32>(p, ((two >> excess) as u32) & 0x1fffffff);
    }
  }
  subtractOnce(r, modulusValue(modN), difference, limbs);
}

/**
 * r = a random scalar in 1 .. n - 1 by extra random bits (FIPS 186-4, B.4.1): `size` + 8 bytes modulo n - 1, plus 1.
 * @returns false when the generator must be reseeded.
 */
export function scalarRandom(r: usize, drbg: usize): bool {
  if (!drbgGenerate(drbg, random, size + 8)) return false;
  scalarFromRandom(r, random);
  wipe(random, 96);
  return true;
}

/** The same from `size` + 8 random bytes that the caller has. */
export function scalarFromRandom(r: usize, bytes: usize): void {
  copyNumber(limit, modulusValue(modN), limbs);
  store<u32>(limit, load<u32>(limit) - 1); // n is odd
  reduceBytes(r, bytes, size + 8, limit);
  store<u32>(r, load<u32>(r) + 1);
  tighten(r, limbs);
}

/** Bits `position` .. `position` + 5 of tight k. */
@inline
export function scalarWindow(k: usize, position: u32): u32 {
  const at = k + ((position / LIMB_BITS) << 2);
  // The guard limbs make the second load safe.
  const two = (load<u32>(at) as u64) | ((load<u32>(at, 4) as u64) << LIMB_BITS);
  return ((two >> (position % LIMB_BITS)) as u32) & 63;
}

/** r = k if k is odd, else n - k, which is odd then. @returns 0xffffffff when it is n - k. */
export function scalarMakeOdd(r: usize, k: usize): u32 {
  const even = (load<u32>(k) & 1) - 1;
  subtract(difference, modulusValue(modN), k, limbs);
  select(r, difference, k, even, limbs);
  return even;
}

export function wipeScalars(): void {
  wipeSlot(product);
  wipeSlot(difference);
  wipeSlot(limit);
  wipe(random, 96);
  wipeMontgomery();
}
