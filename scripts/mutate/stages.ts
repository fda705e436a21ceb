/** Which tests a kernel is checked by: those nearest to it first, because most mutants die there. */

const SYMMETRIC = ["aes", "ciphers", "cmac", "drbg", "hash", "hmac", "kdfa", "kdfe", "mgf1", "tdesKey", "bytes"];
const BIGNUM = ["bignum/limbs", "bignum/columns", "bignum/montgomery", "bignum/powers"];
const RSA = ["rsa/key", "rsa/operation", "rsa/signature", "rsa/encryption", "rsa/prime", "rsa/keygen"];
const ECC = ["ecc/field", "ecc/point", "ecc/key", "ecc/signature", "ecc/exchange"];
const TRACES = ["scratch", "bignum/trace", "rsa/trace", "ecc/trace"];

/** Of the symmetric kernels, those that have tests of another name. */
const NEAREST: Record<string, readonly string[]> = {
  "aes.ts": ["aes", "ciphers"],
  "camellia.ts": ["ciphers"],
  "sm4.ts": ["ciphers"],
  "tdes.ts": ["ciphers"],
  "modes.ts": ["ciphers", "aes"],
  "cipher.ts": ["ciphers", "aes", "cmac"],
  "sha1.ts": ["hash"],
  "sha256.ts": ["hash"],
  "sha512.ts": ["hash"],
  "sha3.ts": ["hash"],
  "sm3.ts": ["hash"],
};

const paths = (names: readonly string[]) => names.map((name) => `asm/crypto/${name}.test.ts`);

/** Stages of test files; a mutant survives when all of them pass. */
export function stagesFor(file: string): string[][] {
  const name = file.replace("asm/crypto/", "");
  const [folder] = name.split("/");
  if (folder === "bignum") return [paths(BIGNUM), paths(RSA), paths(ECC), paths(TRACES)];
  if (folder === "rsa") return [paths(RSA), paths(["rsa/trace", "scratch"])];
  if (folder === "ecc") return [paths(ECC), paths(["ecc/trace", "scratch"])];
  const nearest = NEAREST[name] ?? SYMMETRIC.filter((test) => `${test}.ts` === name);
  const others = SYMMETRIC.filter((test) => !nearest.includes(test));
  return [paths(nearest), paths(others), paths(["rsa/signature", "rsa/encryption", "ecc/signature", "scratch"])].filter(
    (stage) => stage.length > 0,
  );
}
