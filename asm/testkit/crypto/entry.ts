// Entry of the test build: every kernel, the insides that tests reach for, and one area of memory for operands.
import { multiplyDoubles, prepareDoubles, squareDoubles } from "../../crypto/bignum/doubles";
import * as form from "../../crypto/ecc/p256PairForm";
import * as pairs from "../../crypto/ecc/p256PairPoint";
export * from "../../crypto/index";
export * from "../../crypto/bignum/limbs";
export { carryColumns, columnsToLimbs } from "../../crypto/bignum/columns";
export * from "../../crypto/bignum/montgomery";
export * from "../../crypto/bignum/product";
export * from "../../crypto/bignum/word";
export * from "../../crypto/bignum/exponent";
export { doublesFor } from "../../crypto/bignum/doubles";
export { sumFromDoubles, toDoubles } from "../../crypto/bignum/doublesForm";
export * from "../../crypto/bignum/inverse";
export * from "../../crypto/rsa/index";
export { digestInfoPrefix } from "../../crypto/rsa/digestInfo";
export { millerRabin, millerRabinRounds } from "../../crypto/rsa/prime";
export { primesFarApart, privateExponentIsLarge } from "../../crypto/rsa/keygen";
export { FIELD_SIZE, sieve } from "../../crypto/rsa/sieve";
export * from "../../crypto/ecc/index";
export { SLOT, limbs, modN, modP, selectCurve } from "../../crypto/ecc/curve";
export * from "../../crypto/ecc/field";
export * from "../../crypto/ecc/scalar";
export { p256Multiply, p256Square } from "../../crypto/ecc/p256";
export { p384Multiply, p384Square } from "../../crypto/ecc/p384";
export {
  POINT,
  pointAdd,
  pointAddComplete,
  pointAddPublic,
  pointDouble,
  pointFromBytes,
  pointToBytes,
} from "../../crypto/ecc/point";
export { doubleMultiply, wipeVerify } from "../../crypto/ecc/verify";
export { wipeEcc } from "../../crypto/ecc/key";

export const ARENA_SIZE: u32 = 256 * 1024;
const area: usize = memory.data(262144, 16);

export function arena(): usize {
  return area;
}

/** Whether this is the build with relaxed SIMD. */
export function hasRelaxedSimd(): bool {
  return ASC_FEATURE_RELAXED_SIMD;
}

// These exist in that build only.

export function productOfDoubles(r: usize, a: usize, b: usize, n: usize, limbs: u32): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else {
    prepareDoubles(n, limbs);
    multiplyDoubles(r, a, b, limbs);
  }
}

export function squareOfDoubles(r: usize, a: usize, n: usize, limbs: u32, shift: i32): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else {
    prepareDoubles(n, limbs);
    squareDoubles(r, a, limbs, shift);
  }
}

export function pairMultiply(r: usize, t: usize, a: usize, b: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else pairs.pairMultiply(r, t, a, b);
}

export function pairSquare(r: usize, t: usize, a: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else pairs.pairSquare(r, t, a);
}

export function pairDouble(r: usize, p: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else pairs.pairDouble(r, p);
}

export function pairAdd(r: usize, p: usize, q: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else pairs.pairAdd(r, p, q);
}

export function pairAddAffine(r: usize, p: usize, q: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else pairs.pairAddAffine(r, p, q);
}

export function pairFromAffine(r: usize, q: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else pairs.pairFromAffine(r, q);
}

export function pairFromField(r: usize, a: usize, b: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else form.pairFromField(r, a, b);
}

export function pointToPairs(r: usize, p: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else form.pointToPairs(r, p);
}

export function pointFromPairs(r: usize, p: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else form.pointFromPairs(r, p);
}

export function pairNegateIf(p: usize, mask: u32): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else form.pairNegateIf(p, mask);
}

export function affineNegateIf(q: usize, mask: u32): void {
  if (!ASC_FEATURE_RELAXED_SIMD) unreachable();
  else form.affineNegateIf(q, mask);
}
