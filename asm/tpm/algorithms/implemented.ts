// Which algorithms, curves and key sizes this TPM has: a matter of its profile, which is fixed at manufacture. The
// generated unmarshallers ask here, and so does GetCapability.
import { PROFILE } from "../state/index";

/** Everything that asm/crypto has. */
export const PROFILE_FULL: u32 = 0;
/** Exactly the algorithms, key sizes, curves and limits of libtpms 0.9.2. */
export const PROFILE_LIBTPMS_0_9: u32 = 1;

// TPM_ALG_ID as literals: this file is imported by the generated constants' siblings and must not depend on them.
const RSA: u32 = 0x0001;
const TDES: u32 = 0x0003;
const SHA1: u32 = 0x0004;
const HMAC: u32 = 0x0005;
const AES: u32 = 0x0006;
const MGF1: u32 = 0x0007;
const KEYEDHASH: u32 = 0x0008;
const XOR: u32 = 0x000a;
const SHA256: u32 = 0x000b;
const SHA384: u32 = 0x000c;
const SHA512: u32 = 0x000d;
const SM3_256: u32 = 0x0012;
const SM4: u32 = 0x0013;
const RSASSA: u32 = 0x0014;
const RSAES: u32 = 0x0015;
const RSAPSS: u32 = 0x0016;
const OAEP: u32 = 0x0017;
const ECDSA: u32 = 0x0018;
const ECDH: u32 = 0x0019;
const ECDAA: u32 = 0x001a;
const SM2: u32 = 0x001b;
const ECSCHNORR: u32 = 0x001c;
const ECMQV: u32 = 0x001d;
const KDF1_SP800_56A: u32 = 0x0020;
const KDF2: u32 = 0x0021;
const KDF1_SP800_108: u32 = 0x0022;
const ECC: u32 = 0x0023;
const SYMCIPHER: u32 = 0x0025;
const CAMELLIA: u32 = 0x0026;
const SHA3_256: u32 = 0x0027;
const SHA3_384: u32 = 0x0028;
const SHA3_512: u32 = 0x0029;
const CMAC: u32 = 0x003f;
const CTR: u32 = 0x0040;
const OFB: u32 = 0x0041;
const CBC: u32 = 0x0042;
const CFB: u32 = 0x0043;
const ECB: u32 = 0x0044;

export function isFullProfile(): bool {
  return load<u32>(PROFILE) == PROFILE_FULL;
}

/** A limit: `full`, or `libtpms` in the profile libtpms-0.9. */
export function byProfile(full: u32, libtpms: u32): u32 {
  return isFullProfile() ? full : libtpms;
}

/** True for a TPM_ALG_ID that this TPM has. TPM_ALG_NULL is not an algorithm: false. */
export function algorithmImplemented(algorithm: u32): bool {
  return algorithmInProfile(load<u32>(PROFILE), algorithm);
}

/** True for a TPM_ALG_ID that TPMs of a profile have. */
export function algorithmInProfile(profile: u32, algorithm: u32): bool {
  switch (algorithm) {
    case RSA:
    case TDES:
    case SHA1:
    case HMAC:
    case AES:
    case MGF1:
    case KEYEDHASH:
    case XOR:
    case SHA256:
    case SHA384:
    case SHA512:
    case RSASSA:
    case RSAES:
    case RSAPSS:
    case OAEP:
    case ECDSA:
    case ECDH:
    case ECDAA:
    case SM2:
    case ECSCHNORR:
    case ECMQV:
    case KDF1_SP800_56A:
    case KDF2:
    case KDF1_SP800_108:
    case ECC:
    case SYMCIPHER:
    case CAMELLIA:
    case CMAC:
    case CTR:
    case OFB:
    case CBC:
    case CFB:
    case ECB:
      return true;
    case SM3_256:
    case SM4:
    case SHA3_256:
    case SHA3_384:
    case SHA3_512:
      return profile == PROFILE_FULL;
    default:
      return false;
  }
}

/** True for a TPM_ECC_CURVE that this TPM has: both profiles have P192, P224, P256, P384, P521, BN256, BN638 and SM2. */
export function curveImplemented(curve: u32): bool {
  return (curve >= 0x01 && curve <= 0x05) || curve == 0x10 || curve == 0x11 || curve == 0x20;
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
    case RSA:
      return bits == 1024 || bits == 2048 || bits == 3072 || (bits == 4096 && isFullProfile());
    case AES:
    case CAMELLIA:
      return bits == 128 || bits == 256 || (bits == 192 && isFullProfile());
    case TDES:
      return bits == 128 || bits == 192;
    case SM4:
      return bits == 128 && isFullProfile();
    default:
      return false;
  }
}
