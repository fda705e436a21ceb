/** The kernels: compiled without the TPM around them, tried by their own tests. */
import { valuesOf } from "../places.ts";
import { type Area, distinct, isSource } from "./area.ts";

const SYMMETRIC = ["aes", "ciphers", "cmac", "drbg", "hash", "hmac", "kdfa", "kdfe", "mgf1", "tdesKey", "bytes"];
const BIGNUM = ["bignum/limbs", "bignum/columns", "bignum/montgomery", "bignum/powers"];
const RSA = ["rsa/key", "rsa/blinding", "rsa/operation", "rsa/signature", "rsa/encryption", "rsa/prime", "rsa/keygen"];
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

export const crypto: Area = {
  name: "crypto",
  title: "The kernels",
  about: [
    "Operators and constants of the kernels in `asm/crypto`. Places are drawn from the files in proportion to the square",
    "root of how many they have, so that unrolled rounds don't crowd out the rest.",
    "",
    "What only the build with relaxed SIMD has was tried by itself as well. Numbers of doubles, which RSA's powers are on",
    "(`--only doubles --count 24 --seed 5`): 20 of 24 killed; the gather of their powers (`--only window --count 10 --seed 5`):",
    "9 of 10. P-256, two products at a time (`--only p256Pair --count 30 --seed 1`): 27 of 30. None of them was killed because",
    "it never ends. The eight that survive change nothing: in `doubles.ts` the slack of `doublesFor` (`1 -> 2`), where the pairs",
    "begin of which a square leaves none out (`32 -> 33`), and an octet more that is wiped (`1312 -> 1313`), in",
    "`doublesForm.ts:11` guard octets (`0 -> 1`), in `p256PairPoint.ts:235` and `:256` which half of zero is taken (`2 -> 3`),",
    "in `p256Pair.ts:54` a name's number (`4 -> 5`), in `window.ts:101` a mask of all five bits (`< -> <=`).",
  ],
  copies: ["asm/crypto", "asm/testkit/crypto", "package.json"],
  // Only a loop has no end here, and that is seen by the CPU time.
  testTimeout: 1_200_000,
  folders: ["asm/crypto"],
  isChanged: isSource,
  placesOf: valuesOf,
  weightOf: Math.sqrt,
  groupOf(file) {
    const parts = file.split("/");
    return parts.length > 3 ? parts.slice(0, 3).join("/") : "asm/crypto (hash, MAC, KDF, cipher, DRBG)";
  },
  stagesFor(file) {
    const name = file.replace("asm/crypto/", "");
    const [folder] = name.split("/");
    if (folder === "bignum") return [paths(BIGNUM), paths(RSA), paths(ECC), paths(TRACES)];
    if (folder === "rsa") return [paths(RSA), paths(["rsa/trace", "scratch"])];
    if (name.startsWith("ecc/p256Pair")) {
      return [paths(["ecc/p256Pair.relaxed"]), paths(ECC), paths(["ecc/trace", "scratch"])];
    }
    if (folder === "ecc") return [paths(ECC), paths(["ecc/trace", "scratch"])];
    const nearest = NEAREST[name] ?? SYMMETRIC.filter((test) => `${test}.ts` === name);
    return distinct([
      paths(nearest),
      paths(SYMMETRIC),
      paths(["rsa/signature", "rsa/encryption", "ecc/signature", "scratch"]),
    ]);
  },
};
