// The hash algorithms by TPM_ALG_ID, and those of them that are PCR banks: SHA-1, SHA-256, SHA-384 and SHA-512 in both
// profiles. Whether the profile has a hash algorithm is for unmarshalling to say (implemented.ts).
import * as kernel from "../../crypto/index";
import { TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384, TPM_ALG_SHA512 } from "../../generated/constants";

/** Index of the PCR bank of `algorithm`, in ascending order of TPM_ALG_ID; -1 when there is none. */
export function bankOf(algorithm: u32): i32 {
  switch (algorithm) {
    case TPM_ALG_SHA1:
      return 0;
    case TPM_ALG_SHA256:
      return 1;
    case TPM_ALG_SHA384:
      return 2;
    case TPM_ALG_SHA512:
      return 3;
    default:
      return -1;
  }
}

export function bankAlgorithm(bank: u32): u32 {
  switch (bank) {
    case 0:
      return TPM_ALG_SHA1;
    case 1:
      return TPM_ALG_SHA256;
    case 2:
      return TPM_ALG_SHA384;
    default:
      return TPM_ALG_SHA512;
  }
}

/** Bytes of a digest of this bank. */
export function bankDigestSize(bank: u32): u32 {
  switch (bank) {
    case 0:
      return 20;
    case 1:
      return 32;
    case 2:
      return 48;
    default:
      return 64;
  }
}

/** Where the bank's digest lies in the record of a PCR (state.ts, PCR_SIZE). */
export function bankOffset(bank: u32): usize {
  switch (bank) {
    case 0:
      return 0;
    case 1:
      return 20;
    case 2:
      return 52;
    default:
      return 100;
  }
}

/** Digest size of a hash algorithm; 0 for TPM_ALG_NULL and for what is no hash. */
export function digestSizeOf(algorithm: u32): u32 {
  return kernel.hashDigestSize(algorithm);
}

/** Bytes of an input block of a hash algorithm, the longest useful HMAC key; 0 for what is no hash. */
export function hashBlockSizeOf(algorithm: u32): u32 {
  return kernel.hashBlockSize(algorithm);
}
