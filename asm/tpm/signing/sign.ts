// Signing with an object, by the scheme that selectSignScheme chose (Part 1, B.3, C.4 and 22).
import { ECC_SUCCESS, eccSize, ecdaaSign, ecdsaSign, ecschnorrSign, sm2Sign } from "../../crypto/ecc/index";
import { RSA_SUCCESS, rsapssSaltSize, rsapssSign, rsaSize, rsassaSign } from "../../crypto/rsa/index";
import {
  TPM_ALG_ECC,
  TPM_ALG_ECDAA,
  TPM_ALG_ECDSA,
  TPM_ALG_ECSCHNORR,
  TPM_ALG_RSA,
  TPM_ALG_RSASSA,
  TPM_RC_BINDING,
  TPM_RC_NO_RESULT,
  TPM_RC_SCHEME,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { REFUSAL_COMMITMENT } from "../../generated/refusals";
import {
  bytesOf2B,
  MAX_ECC_KEY_BYTES,
  refuse,
  reserve,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  write2B,
  writeU16,
} from "../../base/index";
import { digestSizeOf, hashUpdate, hmacFinal, hmacStart, testBefore, tpmDrbg } from "../algorithms/index";
import { curveOf, OBJECT_NAME, OBJECT_SENSITIVE, privateScalarOf, publicOf, rsaKeyOf, typeOf } from "../objects/index";
import { HASH_STATE_ROOM, nullifyShutdown } from "../state/index";
import { endCommit, pendingCommitScalar } from "./commitCounter";
import { signCount, signHash, signScheme } from "./signScheme";

/**
 * Signs a digest and writes the TPMT_SIGNATURE: an empty one when `key` is 0. Only the counter of ECDAA changes with it.
 * @returns TPM_RC_VALUE for a counter that stands for no commitment; without the number of a parameter, as in libtpms
 */
export function writeSignature(key: usize, digest: usize, digestSize: u32): u32 {
  writeU16(signScheme);
  if (key == 0) return TPM_RC_SUCCESS;
  testBefore(signScheme);
  writeU16(signHash);
  switch (typeOf(publicOf(key))) {
    case TPM_ALG_RSA:
      return signRsa(key, digest, digestSize);
    case TPM_ALG_ECC:
      return signScheme == TPM_ALG_ECDAA ? signEcdaa(key, digest, digestSize) : signEcc(key, digest, digestSize);
    default:
      return signHmac(key, digest, digestSize);
  }
}

function signRsa(key: usize, digest: usize, digestSize: u32): u32 {
  const rsaKey = rsaKeyOf(key);
  if (rsaKey == 0) return TPM_RC_BINDING;
  const size = rsaSize(rsaKey);
  writeU16(size);
  const signature = reserve(size);
  let status: u32;
  if (signScheme == TPM_ALG_RSASSA) {
    status = rsassaSign(rsaKey, tpmDrbg(), signHash, digest, digestSize, signature);
  } else {
    const saltSize = rsapssSaltSize(rsaKey, signHash);
    if (saltSize < 0) return TPM_RC_SCHEME;
    status = rsapssSign(rsaKey, tpmDrbg(), signHash, digest, digestSize, saltSize, signature);
  }
  return status == RSA_SUCCESS ? TPM_RC_SUCCESS : TPM_RC_NO_RESULT;
}

function signEcc(key: usize, digest: usize, digestSize: u32): u32 {
  const curve = curveOf(publicOf(key));
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  if (!privateScalarOf(key, scalar)) return TPM_RC_BINDING;
  const size = eccSize(curve);
  writeU16(size);
  const r = reserve(size);
  writeU16(size);
  const s = reserve(size);
  let status: u32;
  switch (signScheme) {
    case TPM_ALG_ECDSA:
      status = ecdsaSign(curve, scalar, tpmDrbg(), digest, digestSize, r, s);
      break;
    case TPM_ALG_ECSCHNORR:
      status = ecschnorrSign(curve, scalar, tpmDrbg(), signHash, digest, digestSize, r, s);
      break;
    default:
      status = sm2Sign(curve, scalar, tpmDrbg(), digest, digestSize, r, s);
      break;
  }
  return status == ECC_SUCCESS ? TPM_RC_SUCCESS : TPM_RC_NO_RESULT;
}

function signEcdaa(key: usize, digest: usize, digestSize: u32): u32 {
  const curve = curveOf(publicOf(key));
  const mark = scratchMark();
  const r = scratchTake(MAX_ECC_KEY_BYTES);
  const nonce = scratchTake(MAX_ECC_KEY_BYTES);
  const nonceSize = scratchTake(4);
  const s = scratchTake(MAX_ECC_KEY_BYTES);
  let rc = TPM_RC_VALUE;
  if (pendingCommitScalar(signCount, curve, key + OBJECT_NAME, r)) {
    const scalar = scratchTake(MAX_ECC_KEY_BYTES);
    privateScalarOf(key, scalar);
    const status = ecdaaSign(curve, scalar, r, tpmDrbg(), signHash, digest, digestSize, nonce, nonceSize, s);
    rc = TPM_RC_NO_RESULT;
    if (status == ECC_SUCCESS) {
      nullifyShutdown();
      endCommit(signCount);
      write2B(nonce, load<u32>(nonceSize));
      write2B(s, eccSize(curve));
      rc = TPM_RC_SUCCESS;
    }
  }
  scratchRelease(mark);
  return rc == TPM_RC_VALUE ? refuse(rc, REFUSAL_COMMITMENT) : rc;
}

function signHmac(key: usize, digest: usize, digestSize: u32): u32 {
  hmacDigest(key, signHash, digest, digestSize, reserve(digestSizeOf(signHash)));
  return TPM_RC_SUCCESS;
}

/** out = HMAC of a digest with a keyed hash object. */
export function hmacDigest(key: usize, algorithm: u32, digest: usize, digestSize: u32, out: usize): void {
  const bits = key + OBJECT_SENSITIVE;
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  hmacStart(algorithm, state, bytesOf2B(bits), sizeOf2B(bits));
  hashUpdate(state, digest, digestSize);
  hmacFinal(state, out);
  scratchRelease(mark);
}
