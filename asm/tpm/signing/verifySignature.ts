// Verifying a TPMT_SIGNATURE with an object (Part 1, B.3, C.4; Part 3, 20.1).
import { ECC_SUCCESS, eccSize, ecdsaVerify, ecschnorrVerify, sm2Verify } from "../../crypto/ecc/index";
import { RSA_SUCCESS, rsapssVerify, rsassaVerify } from "../../crypto/rsa/index";
import {
  TPM_ALG_ECC,
  TPM_ALG_ECDSA,
  TPM_ALG_ECSCHNORR,
  TPM_ALG_HMAC,
  TPM_ALG_KEYEDHASH,
  TPM_ALG_NULL,
  TPM_ALG_RSA,
  TPM_ALG_RSAPSS,
  TPM_ALG_RSASSA,
  TPM_ALG_SM2,
  TPM_RC_HANDLE,
  TPM_RC_SCHEME,
  TPM_RC_SIGNATURE,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import {
  REFUSAL_SIGNATURE_PUBLIC_ONLY,
  REFUSAL_SIGNATURE_SCHEME,
  REFUSAL_SIGNATURE_WRONG,
} from "../../generated/refusals";
import {
  bytesOf2B,
  equalBytes,
  get16,
  MAX_DIGEST_SIZE,
  MAX_ECC_KEY_BYTES,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf, testBefore } from "../algorithms/index";
import {
  curveOf,
  hasObjectAttribute,
  IS_PUBLIC_ONLY,
  publicOf,
  rsaKeyOf,
  schemeHash,
  schemeOf,
  typeOf,
  uniqueOf,
} from "../objects/index";
import { hmacDigest } from "./sign";

/** Hash algorithm of a TPMT_SIGNATURE; TPM_ALG_NULL of an empty one. */
export function signatureHash(signature: usize): u32 {
  return get16(signature) == TPM_ALG_NULL ? TPM_ALG_NULL : get16(signature + 2);
}

/**
 * @param key slot of an object that is no sequence
 * @param signature TPMT_SIGNATURE
 * @returns TPM_RC_SUCCESS; TPM_RC_SIGNATURE; TPM_RC_SCHEME for a signature that such a key can't make; TPM_RC_HANDLE for
 * a keyed hash without its sensitive area; without the number of the parameter
 */
export function verifySignature(key: usize, digest: usize, digestSize: u32, signature: usize): u32 {
  if (get16(signature) == TPM_ALG_NULL) return TPM_RC_SIGNATURE;
  testBefore(get16(signature));
  switch (typeOf(publicOf(key))) {
    case TPM_ALG_RSA:
      return verifyRsa(key, digest, digestSize, signature);
    case TPM_ALG_ECC:
      return verifyEcc(key, digest, digestSize, signature);
    case TPM_ALG_KEYEDHASH:
      if (hasObjectAttribute(key, IS_PUBLIC_ONLY)) return refuse(TPM_RC_HANDLE, REFUSAL_SIGNATURE_PUBLIC_ONLY);
      return verifyHmac(key, digest, digestSize, signature);
    default:
      return refuse(TPM_RC_SCHEME, REFUSAL_SIGNATURE_SCHEME, get16(signature));
  }
}

function verifyRsa(key: usize, digest: usize, digestSize: u32, signature: usize): u32 {
  const scheme = get16(signature);
  if (scheme != TPM_ALG_RSASSA && scheme != TPM_ALG_RSAPSS)
    return refuse(TPM_RC_SCHEME, REFUSAL_SIGNATURE_SCHEME, get16(signature));
  const value = signature + 4;
  const size = sizeOf2B(value);
  const rsaKey = rsaKeyOf(key);
  if (rsaKey == 0 || size != sizeOf2B(uniqueOf(publicOf(key)))) return refuse(TPM_RC_SIGNATURE, REFUSAL_SIGNATURE_WRONG);
  const hash = signatureHash(signature);
  const status =
    scheme == TPM_ALG_RSASSA
      ? rsassaVerify(rsaKey, hash, digest, digestSize, bytesOf2B(value), size)
      : rsapssVerify(rsaKey, hash, digest, digestSize, bytesOf2B(value), size);
  return status == RSA_SUCCESS ? TPM_RC_SUCCESS : refuse(TPM_RC_SIGNATURE, REFUSAL_SIGNATURE_WRONG);
}

/** Brings a number in a TPM2B to `size` bytes at `out`. False when it is too large. */
export function padNumber(number: usize, out: usize, size: u32): bool {
  let at = bytesOf2B(number);
  let count = sizeOf2B(number);
  while (count > size) {
    if (load<u8>(at) != 0) return false;
    at++;
    count--;
  }
  memory.fill(out, 0, size - count);
  memory.copy(out + size - count, at, count);
  return true;
}

function verifyEcc(key: usize, digest: usize, digestSize: u32, signature: usize): u32 {
  const scheme = get16(signature);
  if (scheme != TPM_ALG_ECDSA && scheme != TPM_ALG_ECSCHNORR && scheme != TPM_ALG_SM2)
    return refuse(TPM_RC_SCHEME, REFUSAL_SIGNATURE_SCHEME, get16(signature));
  const area = publicOf(key);
  const curve = curveOf(area);
  const size = eccSize(curve);
  const mark = scratchMark();
  const point = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const r = scratchTake(MAX_ECC_KEY_BYTES);
  const s = scratchTake(MAX_ECC_KEY_BYTES);
  const x = uniqueOf(area);
  const signatureR = signature + 4;
  const fits =
    padNumber(x, point, size) &&
    padNumber(x + 2 + sizeOf2B(x), point + size, size) &&
    padNumber(signatureR, r, size) &&
    padNumber(signatureR + 2 + sizeOf2B(signatureR), s, size);
  let rc = TPM_RC_SIGNATURE;
  if (fits) {
    let status: u32;
    if (scheme == TPM_ALG_ECDSA) status = ecdsaVerify(curve, point, digest, digestSize, r, s);
    else if (scheme == TPM_ALG_SM2) status = sm2Verify(curve, point, digest, digestSize, r, s);
    else status = ecschnorrVerify(curve, point, signatureHash(signature), digest, digestSize, r, s);
    if (status == ECC_SUCCESS) rc = TPM_RC_SUCCESS;
  }
  scratchRelease(mark);
  return rc == TPM_RC_SUCCESS ? rc : refuse(rc, REFUSAL_SIGNATURE_WRONG);
}

function verifyHmac(key: usize, digest: usize, digestSize: u32, signature: usize): u32 {
  if (get16(signature) != TPM_ALG_HMAC) return refuse(TPM_RC_SCHEME, REFUSAL_SIGNATURE_SCHEME, get16(signature));
  const hash = signatureHash(signature);
  const own = schemeOf(publicOf(key));
  if (get16(own) != TPM_ALG_NULL && (get16(own) != TPM_ALG_HMAC || schemeHash(own) != hash))
    return refuse(TPM_RC_SIGNATURE, REFUSAL_SIGNATURE_WRONG);
  const mark = scratchMark();
  const expected = scratchTake(MAX_DIGEST_SIZE);
  hmacDigest(key, hash, digest, digestSize, expected);
  const same = equalBytes(expected, signature + 4, digestSizeOf(hash));
  scratchRelease(mark);
  return same ? TPM_RC_SUCCESS : refuse(TPM_RC_SIGNATURE, REFUSAL_SIGNATURE_WRONG);
}
