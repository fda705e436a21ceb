// Which algorithms, curves and key sizes this TPM has: those of asm/crypto that its commands use. Both profiles have the
// same ones so far. The generated unmarshallers ask here, and so does GetCapability.

/** Everything that exists. */
export const PROFILE_FULL: u32 = 0;
/** Exactly the algorithms, key sizes, curves and limits of libtpms 0.9.2. */
export const PROFILE_LIBTPMS_0_9: u32 = 1;

// TPM_ALG_ID as literals: this file is imported by the generated constants' siblings and must not depend on them.
const SHA1: u32 = 0x0004;
const HMAC: u32 = 0x0005;
const AES: u32 = 0x0006;
const KEYEDHASH: u32 = 0x0008;
const XOR: u32 = 0x000a;
const SHA256: u32 = 0x000b;
const SHA384: u32 = 0x000c;
const SHA512: u32 = 0x000d;
const KDF1_SP800_108: u32 = 0x0022;
const SYMCIPHER: u32 = 0x0025;
const CFB: u32 = 0x0043;

/** True for a TPM_ALG_ID that this TPM has. TPM_ALG_NULL is not an algorithm: false. */
export function algorithmImplemented(algorithm: u32): bool {
  switch (algorithm) {
    case SHA1:
    case HMAC:
    case AES:
    case KEYEDHASH:
    case XOR:
    case SHA256:
    case SHA384:
    case SHA512:
    case KDF1_SP800_108:
    case SYMCIPHER:
    case CFB:
      return true;
    default:
      return false;
  }
}

/** True for a TPM_ECC_CURVE that this TPM has. */
export function curveImplemented(curve: u32): bool {
  return false;
}

/** TPM_PT_LOADED_CURVES */
export function curveCount(): u32 {
  let count: u32 = 0;
  for (let curve: u32 = 0; curve <= LAST_CURVE; curve++) if (curveImplemented(curve)) count++;
  return count;
}

/** The largest TPM_ECC_CURVE that is assigned. */
export const LAST_CURVE: u32 = 0x40;

/** True when `algorithm` (a block cipher or RSA) may have keys of `bits` bits. */
export function keyBitsImplemented(algorithm: u32, bits: u32): bool {
  return algorithm == AES && (bits == 128 || bits == 256);
}
