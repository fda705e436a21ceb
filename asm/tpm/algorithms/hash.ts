// The hash algorithms by TPM_ALG_ID, and those of them that are PCR banks: SHA-1, SHA-256, SHA-384 and SHA-512 in both
// profiles (src/spec/layout/entries.ts). Whether the profile has a hash algorithm is for unmarshalling to say (implemented.ts).
import * as kernel from "../../crypto/index";

export { bankAlgorithm, bankDigestSize, bankOf, bankOffset } from "../../generated/layout/bank";

/** Digest size of a hash algorithm; 0 for TPM_ALG_NULL and for what is no hash. */
export function digestSizeOf(algorithm: u32): u32 {
  return kernel.hashDigestSize(algorithm);
}

/** Bytes of an input block of a hash algorithm, the longest useful HMAC key; 0 for what is no hash. */
export function hashBlockSizeOf(algorithm: u32): u32 {
  return kernel.hashBlockSize(algorithm);
}
