/** OpenSSL's names of the specification's hashes. */
import { TPM_ALG } from "../../spec/algorithms.ts";

export const HASHES = {
  sha1: TPM_ALG.TPM_ALG_SHA1,
  sha256: TPM_ALG.TPM_ALG_SHA256,
  sha384: TPM_ALG.TPM_ALG_SHA384,
  sha512: TPM_ALG.TPM_ALG_SHA512,
  "sha3-256": TPM_ALG.TPM_ALG_SHA3_256,
  "sha3-384": TPM_ALG.TPM_ALG_SHA3_384,
  "sha3-512": TPM_ALG.TPM_ALG_SHA3_512,
  sm3: TPM_ALG.TPM_ALG_SM3_256,
} as const;
