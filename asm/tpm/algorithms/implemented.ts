// Which algorithms, curves and key sizes this TPM has: a matter of its profile, which is fixed at manufacture. The
// generated unmarshallers ask here, and so does GetCapability.
import { hasAlgorithm } from "../../generated/algorithms";
import {
  TPM_ALG_AES,
  TPM_ALG_CAMELLIA,
  TPM_ALG_CBC,
  TPM_ALG_CFB,
  TPM_ALG_CTR,
  TPM_ALG_ECB,
  TPM_ALG_OFB,
  TPM_ALG_RSA,
  TPM_ALG_SM4,
  TPM_ALG_TDES,
  TPM_ECC_BN_P256,
  TPM_ECC_BN_P638,
  TPM_ECC_NIST_P192,
  TPM_ECC_NIST_P521,
  TPM_ECC_SM2_P256,
} from "../../generated/constants";
import { EP_DERIVATION_SHIFT, PROFILE_MASK } from "../../generated/layout/permanentBlob";
import { PROFILE } from "../state/index";

export {
  EP_DERIVATION_SHIFT,
  PP_DERIVATION_SHIFT,
  PROFILE_MASK,
  SP_DERIVATION_SHIFT,
} from "../../generated/layout/permanentBlob";

/** Everything that asm/crypto has. */
export const PROFILE_FULL: u32 = 0;
/** Exactly the algorithms, key sizes, curves and limits of libtpms 0.9.2. */
export const PROFILE_LIBTPMS_0_9: u32 = 1;

// PROFILE has two bits for each primary seed above the profile: which way its primary objects are made. A seed that was
// brought in from libtpms gives the keys that it gave there; 0 is our own way, which every TPM has that was made here.
const DERIVATION_MASK: u32 = 3;
const DERIVATIONS: u32 = 0x3f << EP_DERIVATION_SHIFT;

export function profileOf(value: u32): u32 {
  return value & PROFILE_MASK;
}

/** 0, or which of libtpms' ways (crypto/rsa): by the shift of a seed. */
export function seedDerivation(shift: u32): u32 {
  return (load<u32>(PROFILE) >>> shift) & DERIVATION_MASK;
}

export function hasLibtpmsDerivation(): bool {
  return (load<u32>(PROFILE) & ~PROFILE_MASK) != 0;
}

/** PROFILE of a blob: a profile, with libtpms' ways only in libtpms-0.9. */
export function isProfileValid(value: u32): bool {
  if (value <= PROFILE_LIBTPMS_0_9) return true;
  if (profileOf(value) != PROFILE_LIBTPMS_0_9 || (value & ~PROFILE_MASK & ~DERIVATIONS) != 0) return false;
  // There is no third way.
  return (value & (value >>> 1) & (0x15 << EP_DERIVATION_SHIFT)) == 0;
}

export function isFullProfile(): bool {
  return profileOf(load<u32>(PROFILE)) == PROFILE_FULL;
}

/** A limit: `full`, or `libtpms` in the profile libtpms-0.9. */
export function byProfile(full: u32, libtpms: u32): u32 {
  return isFullProfile() ? full : libtpms;
}

/** True for a TPM_ALG_ID that this TPM has. TPM_ALG_NULL is not an algorithm: false. */
export function algorithmImplemented(algorithm: u32): bool {
  return algorithmInProfile(profileOf(load<u32>(PROFILE)), algorithm);
}

/** True for a TPM_ALG_ID that TPMs of a profile have. */
export function algorithmInProfile(profile: u32, algorithm: u32): bool {
  return hasAlgorithm(profile == PROFILE_FULL, algorithm);
}

/** A mode in which a block cipher encrypts. */
export function isCipherMode(algorithm: u32): bool {
  switch (algorithm) {
    case TPM_ALG_CTR:
    case TPM_ALG_OFB:
    case TPM_ALG_CBC:
    case TPM_ALG_CFB:
    case TPM_ALG_ECB:
      return true;
    default:
      return false;
  }
}

/** True for a TPM_ECC_CURVE that this TPM has: both profiles have P192, P224, P256, P384, P521, BN256, BN638 and SM2. */
export function curveImplemented(curve: u32): bool {
  const isNist = curve >= TPM_ECC_NIST_P192 && curve <= TPM_ECC_NIST_P521;
  return isNist || curve == TPM_ECC_BN_P256 || curve == TPM_ECC_BN_P638 || curve == TPM_ECC_SM2_P256;
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
  switch (algorithm) {
    case TPM_ALG_RSA:
      return bits == 1024 || bits == 2048 || bits == 3072 || (bits == 4096 && isFullProfile());
    case TPM_ALG_AES:
    case TPM_ALG_CAMELLIA:
      return bits == 128 || bits == 256 || (bits == 192 && isFullProfile());
    case TPM_ALG_TDES:
      return bits == 128 || bits == 192;
    case TPM_ALG_SM4:
      return bits == 128 && isFullProfile();
    default:
      return false;
  }
}
