// Entry of the test build: every kernel, the insides that tests reach for, and one area of memory for operands.
export * from "../index";
export * from "../bignum/limbs";
export { carryColumns, columnsToLimbs } from "../bignum/columns";
export * from "../bignum/montgomery";
export * from "../bignum/product";
export * from "../bignum/word";
export * from "../bignum/exponent";
export * from "../bignum/inverse";
export * from "../rsa/index";
export { digestInfoPrefix } from "../rsa/digestInfo";
export { millerRabin, millerRabinRounds } from "../rsa/prime";
export { primesFarApart, privateExponentIsLarge } from "../rsa/keygen";
export { FIELD_SIZE, sieve } from "../rsa/sieve";
export * from "../ecc/index";
export { SLOT, limbs, modN, modP, selectCurve } from "../ecc/curve";
export * from "../ecc/field";
export * from "../ecc/scalar";
export { p256Multiply, p256Square } from "../ecc/p256";
export { p384Multiply, p384Square } from "../ecc/p384";
export {
  POINT,
  pointAdd,
  pointAddComplete,
  pointAddPublic,
  pointDouble,
  pointFromBytes,
  pointToBytes,
} from "../ecc/point";
export { doubleMultiply, wipeVerify } from "../ecc/verify";
export { wipeEcc } from "../ecc/key";

export const ARENA_SIZE: u32 = 256 * 1024;
const area: usize = memory.data(262144, 16);

export function arena(): usize {
  return area;
}
