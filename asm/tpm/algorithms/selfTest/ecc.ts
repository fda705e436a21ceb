// Self-tests of ECC: public keys, the product of a point, and each scheme. P-256 and P-384 have arithmetic of their own,
// the other curves share that which SM2 uses here.
import {
  ECC_NIST_P256,
  ECC_NIST_P384,
  ECC_SM2_P256,
  ECC_SUCCESS,
  eccMultiply,
  eccPublicPoint,
  ecdaaSign,
  ecdsaSign,
  ecdsaVerify,
  ecmqv,
  ecschnorrSign,
  ecschnorrVerify,
  sm2Sign,
  sm2Verify,
} from "../../../crypto/ecc/index";
import {
  TPM_ALG_ECDAA,
  TPM_ALG_ECDH,
  TPM_ALG_ECDSA,
  TPM_ALG_ECMQV,
  TPM_ALG_ECSCHNORR,
  TPM_ALG_SHA256,
  TPM_ALG_SM2,
} from "../../../generated/constants";
import { equalBytes, scratchTake } from "../../../base/index";
import { fixedGenerator } from "./ciphers";
import {
  ECDAA_MADE,
  ECDH_POINT,
  ECDH_PRODUCT,
  ECDH_SCALAR,
  ECDSA_MADE,
  ECDSA_SIGNATURE,
  ECMQV_POINT,
  ECSCHNORR_MADE,
  P256_EPHEMERAL,
  P256_PRIVATE,
  P256_PUBLIC,
  P384_BASE,
  P384_PRIVATE,
  P384_PUBLIC,
  SAMPLE_DIGEST,
  SM2_DIGEST,
  SM2_MADE,
  SM2_PRIVATE,
  SM2_PUBLIC,
  SM2_SIGNATURE,
} from "./eccAnswers";

/** `algorithm`: a scheme, or TPM_ALG_ECC for the making of keys. (Of P-384 a key would need a table, which takes long.) */
export function eccIsRight(algorithm: u32): bool {
  const out = scratchTake(96);
  switch (algorithm) {
    case TPM_ALG_ECDH:
      return (
        eccMultiply(ECC_NIST_P256, ECDH_SCALAR, ECDH_POINT, out) == ECC_SUCCESS && equalBytes(out, ECDH_PRODUCT, 64)
      );
    case TPM_ALG_ECMQV:
      return (
        ecmqv(ECC_NIST_P256, P256_PRIVATE, P256_EPHEMERAL, ECDH_POINT, ECDH_PRODUCT, out) == ECC_SUCCESS &&
        equalBytes(out, ECMQV_POINT, 64)
      );
    case TPM_ALG_ECDSA:
      return ecdsaIsRight(out);
    case TPM_ALG_ECSCHNORR:
      return ecschnorrIsRight(out);
    case TPM_ALG_SM2:
      return sm2IsRight(out);
    case TPM_ALG_ECDAA:
      return ecdaaIsRight(out);
    default:
      return (
        eccPublicPoint(ECC_NIST_P256, P256_PRIVATE, out) == ECC_SUCCESS &&
        equalBytes(out, P256_PUBLIC, 64) &&
        eccMultiply(ECC_NIST_P384, P384_PRIVATE, P384_BASE, out) == ECC_SUCCESS &&
        equalBytes(out, P384_PUBLIC, 96)
      );
  }
}

function ecdsaIsRight(out: usize): bool {
  return (
    ecdsaSign(ECC_NIST_P256, P256_PRIVATE, fixedGenerator(), SAMPLE_DIGEST, 32, out, out + 32) == ECC_SUCCESS &&
    equalBytes(out, ECDSA_MADE, 64) &&
    ecdsaVerify(ECC_NIST_P256, P256_PUBLIC, SAMPLE_DIGEST, 32, ECDSA_SIGNATURE, ECDSA_SIGNATURE + 32) == ECC_SUCCESS
  );
}

function ecschnorrIsRight(out: usize): bool {
  const drbg = fixedGenerator();
  const hash = TPM_ALG_SHA256;
  const made = ECSCHNORR_MADE;
  return (
    ecschnorrSign(ECC_NIST_P256, P256_PRIVATE, drbg, hash, SAMPLE_DIGEST, 32, out, out + 32) == ECC_SUCCESS &&
    equalBytes(out, made, 64) &&
    ecschnorrVerify(ECC_NIST_P256, P256_PUBLIC, hash, SAMPLE_DIGEST, 32, made, made + 32) == ECC_SUCCESS
  );
}

function sm2IsRight(out: usize): bool {
  return (
    sm2Sign(ECC_SM2_P256, SM2_PRIVATE, fixedGenerator(), SM2_DIGEST, 32, out, out + 32) == ECC_SUCCESS &&
    equalBytes(out, SM2_MADE, 64) &&
    sm2Verify(ECC_SM2_P256, SM2_PUBLIC, SM2_DIGEST, 32, SM2_SIGNATURE, SM2_SIGNATURE + 32) == ECC_SUCCESS
  );
}

function ecdaaIsRight(out: usize): bool {
  const drbg = fixedGenerator();
  const size = scratchTake(4);
  const hash = TPM_ALG_SHA256;
  const s = out + 32;
  return (
    ecdaaSign(ECC_NIST_P256, P256_PRIVATE, P256_EPHEMERAL, drbg, hash, SAMPLE_DIGEST, 32, out, size, s) ==
      ECC_SUCCESS &&
    load<u32>(size) == 32 &&
    equalBytes(out, ECDAA_MADE, 64)
  );
}
