import type { CurveName } from "../spec/algorithms.ts";

/** WebCrypto's names of the hash algorithms that PCR banks and sessions here may have. [Web Cryptography API, section 30] */
export const WEB_CRYPTO_HASHES = {
  TPM_ALG_SHA1: "SHA-1",
  TPM_ALG_SHA256: "SHA-256",
  TPM_ALG_SHA384: "SHA-384",
  TPM_ALG_SHA512: "SHA-512",
} as const;

export type WebCryptoHash = keyof typeof WEB_CRYPTO_HASHES;

/** And of the curves. */
export const WEB_CRYPTO_CURVES: Readonly<Partial<Record<CurveName, string>>> = {
  TPM_ECC_NIST_P256: "P-256",
  TPM_ECC_NIST_P384: "P-384",
  TPM_ECC_NIST_P521: "P-521",
};
