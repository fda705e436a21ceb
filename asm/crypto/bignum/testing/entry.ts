// Entry of the test build of bignum and RSA: what the kernels' test build has, and the insides of both.
export * from "../../exports";
export * from "../limbs";
export { carryColumns, columnsToLimbs } from "../columns";
export * from "../montgomery";
export * from "../product";
export * from "../word";
export * from "../exponent";
export * from "../inverse";
export * from "../../rsa/index";
export { digestInfoPrefix } from "../../rsa/digestInfo";
export { millerRabin, millerRabinRounds } from "../../rsa/prime";
export { primesFarApart, privateExponentIsLarge } from "../../rsa/keygen";
export { FIELD_SIZE, sieve } from "../../rsa/sieve";
