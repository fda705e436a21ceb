// Secrets that travel to a TPM under an asymmetric key: the seed of a duplicate or credential, the salt of a session
// (Part 1, annexes B.10 and C.6). A TPM2B_ENCRYPTED_SECRET is an OAEP ciphertext with the label, or an ephemeral point
// whose product with the key goes through KDFe with the label. Every command here asks for an asymmetric key first, so
// the forms for symmetric keys (Part 1, 19.6.13) can't come up.
import {
  ECC_NO_RESULT,
  ECC_POINT,
  ECC_SUCCESS,
  eccCheckPoint,
  eccGenerateKey,
  eccMultiply,
  eccSize,
} from "../../crypto/ecc/index";
import { kdfe } from "../../crypto/index";
import { oaepDecrypt, oaepEncrypt, RSA_SUCCESS, rsaSize } from "../../crypto/rsa/index";
import {
  TPM_ALG_NULL,
  TPM_ALG_OAEP,
  TPM_ALG_RSA,
  TPM_RC_ECC_POINT,
  TPM_RC_KEY,
  TPM_RC_NO_RESULT,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
  TPMA_OBJECT_SIGN,
} from "../../generated/constants";
import { unmarshal_TPMS_ECC_POINT } from "../../generated/unmarshal";
import {
  bytesOf2B,
  get16,
  MAX_DIGEST_SIZE,
  MAX_ECC_KEY_BYTES,
  MAX_RSA_KEY_BYTES,
  put16,
  readerStart,
  scratchMark,
  scratchRelease,
  scratchTake,
  set2B,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf, randomBytes, testBefore, tpmDrbg } from "../algorithms/index";
import {
  attributesOf,
  curveOf,
  isAsymmetric,
  isRestrictedDecrypt,
  isSequence,
  nameAlgOf,
  OBJECT_SENSITIVE,
  pointFromWire,
  publicOf,
  rsaKeyOf,
  schemeHash,
  schemeOf,
  toFixedSize,
  typeOf,
  uniqueOf,
} from "../objects/index";

/** Room for a seed (TPM2B_DATA). */
export const SEED_ROOM: u32 = 2 + MAX_DIGEST_SIZE;
/** Room for a TPM2B_ENCRYPTED_SECRET. */
export const SECRET_ROOM: u32 = 2 + MAX_RSA_KEY_BYTES;
if (MAX_RSA_KEY_BYTES < 4 + 2 * MAX_ECC_KEY_BYTES) ERROR("a point does not fit SECRET_ROOM");

/** An RSA or ECC key in a slot; no sequence. */
export function isAsymmetricKey(object: usize): bool {
  return !isSequence(object) && isAsymmetric(publicOf(object));
}

/**
 * The public area of an asymmetric Storage Key: secrets can be encrypted to it. A key without nameAlg is none (Part 1,
 * 23.4): it has no digest size that a seed could have.
 */
export function isStorage(object: usize): bool {
  if (!isAsymmetricKey(object)) return false;
  const area = publicOf(object);
  const attributes = attributesOf(area);
  return isRestrictedDecrypt(attributes) && !(attributes & TPMA_OBJECT_SIGN) && nameAlgOf(area) != TPM_ALG_NULL;
}

/**
 * Makes a fresh seed for the owner of an asymmetric key.
 * @param key slot; only its public area is needed
 * @param label one of the labels of digest.ts
 * @param seed out: TPM2B of SEED_ROOM bytes
 * @param secret out: TPM2B_ENCRYPTED_SECRET of SECRET_ROOM bytes
 * @returns TPM_RC_SUCCESS; TPM_RC_KEY for a key that can't encrypt, TPM_RC_VALUE for one too short for its nameAlg.
 */
export function encryptSecret(key: usize, label: usize, seed: usize, secret: usize): u32 {
  const area = publicOf(key);
  const nameAlg = nameAlgOf(area);
  testBefore(nameAlg);
  put16(seed, digestSizeOf(nameAlg));
  const mark = scratchMark();
  const rc =
    typeOf(area) == TPM_ALG_RSA
      ? encryptWithRsa(key, nameAlg, label, seed, secret)
      : encryptWithEcc(area, nameAlg, label, seed, secret);
  scratchRelease(mark);
  return rc;
}

function encryptWithRsa(key: usize, nameAlg: u32, label: usize, seed: usize, secret: usize): u32 {
  const rsa = rsaKeyOf(key);
  if (rsa == 0) return TPM_RC_KEY;
  const size = sizeOf2B(seed);
  randomBytes(bytesOf2B(seed), size);
  put16(secret, rsaSize(rsa));
  const status = oaepEncrypt(
    rsa,
    tpmDrbg(),
    nameAlg,
    label + 1,
    load<u8>(label),
    bytesOf2B(seed),
    size,
    bytesOf2B(secret),
  );
  return status == RSA_SUCCESS ? TPM_RC_SUCCESS : TPM_RC_VALUE;
}

function encryptWithEcc(area: usize, nameAlg: u32, label: usize, seed: usize, secret: usize): u32 {
  const curve = curveOf(area);
  const size = eccSize(curve);
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  const ephemeral = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const point = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const shared = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const unique = uniqueOf(area);
  if (!pointFromWire(curve, unique, point) || eccCheckPoint(curve, point) != ECC_SUCCESS) return TPM_RC_KEY;
  if (eccGenerateKey(curve, tpmDrbg(), scalar, ephemeral) != ECC_SUCCESS) return TPM_RC_NO_RESULT;
  if (eccMultiply(curve, scalar, point, shared) != ECC_SUCCESS) return TPM_RC_KEY;
  const x = bytesOf2B(secret);
  set2B(x, ephemeral, size);
  set2B(x + 2 + size, ephemeral + size, size);
  put16(secret, 2 * (2 + size));
  deriveSeed(nameAlg, shared, size, label, x, unique, seed);
  return TPM_RC_SUCCESS;
}

/** seed = KDFe(nameAlg, Z.x, label, ephemeral.x, key.x); the coordinates are TPM2Bs, as long as they are on the wire. */
function deriveSeed(
  nameAlg: u32,
  z: usize,
  zSize: u32,
  label: usize,
  ephemeralX: usize,
  keyX: usize,
  seed: usize,
): void {
  kdfe(
    nameAlg,
    z,
    zSize,
    label + 1,
    load<u8>(label),
    bytesOf2B(ephemeralX),
    sizeOf2B(ephemeralX),
    bytesOf2B(keyX),
    sizeOf2B(keyX),
    digestSizeOf(nameAlg) << 3,
    bytesOf2B(seed),
  );
}

/**
 * Recovers what was encrypted to an asymmetric key whose sensitive area is loaded.
 * @param secret TPM2B_ENCRYPTED_SECRET
 * @param seed out: TPM2B of SEED_ROOM bytes
 * @returns a response code without number.
 */
export function decryptSecret(key: usize, label: usize, secret: usize, seed: usize): u32 {
  const mark = scratchMark();
  const rc =
    typeOf(publicOf(key)) == TPM_ALG_RSA
      ? decryptWithRsa(key, label, secret, seed)
      : decryptWithEcc(key, label, secret, seed);
  scratchRelease(mark);
  return rc;
}

/** A storage key has no scheme; another key may have OAEP with a hash of its own. */
function decryptWithRsa(key: usize, label: usize, secret: usize, seed: usize): u32 {
  const area = publicOf(key);
  const scheme = get16(schemeOf(area));
  if (scheme != TPM_ALG_NULL && scheme != TPM_ALG_OAEP) return TPM_RC_SCHEME;
  const hash = scheme == TPM_ALG_NULL ? nameAlgOf(area) : schemeHash(schemeOf(area));
  const digestSize = digestSizeOf(hash);
  if (digestSize == 0) return TPM_RC_SCHEME;
  testBefore(hash);
  const rsa = rsaKeyOf(key);
  if (rsa == 0) return TPM_RC_VALUE;
  if (sizeOf2B(secret) != rsaSize(rsa)) return TPM_RC_SIZE;
  const size = scratchTake(4);
  const status = oaepDecrypt(
    rsa,
    tpmDrbg(),
    hash,
    label + 1,
    load<u8>(label),
    bytesOf2B(secret),
    sizeOf2B(secret),
    bytesOf2B(seed),
    digestSize,
    size,
  );
  if (status != RSA_SUCCESS) return TPM_RC_VALUE;
  put16(seed, load<u32>(size));
  return TPM_RC_SUCCESS;
}

function decryptWithEcc(key: usize, label: usize, secret: usize, seed: usize): u32 {
  const area = publicOf(key);
  const nameAlg = nameAlgOf(area);
  if (nameAlg == TPM_ALG_NULL) return TPM_RC_KEY;
  testBefore(nameAlg);
  const curve = curveOf(area);
  const size = eccSize(curve);
  const ephemeral = bytesOf2B(secret);
  readerStart(ephemeral, sizeOf2B(secret));
  const rc = unmarshal_TPMS_ECC_POINT();
  if (rc != TPM_RC_SUCCESS) return rc;
  const scalar = scratchTake(MAX_ECC_KEY_BYTES);
  const point = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const shared = scratchTake(2 * MAX_ECC_KEY_BYTES);
  if (!pointFromWire(curve, ephemeral, point)) return TPM_RC_ECC_POINT;
  if (!toFixedSize(key + OBJECT_SENSITIVE, scalar, size)) return TPM_RC_KEY;
  const status = eccMultiply(curve, scalar, point, shared);
  if (status == ECC_POINT) return TPM_RC_ECC_POINT;
  if (status == ECC_NO_RESULT) return TPM_RC_NO_RESULT;
  if (status != ECC_SUCCESS) return TPM_RC_KEY;
  put16(seed, digestSizeOf(nameAlg));
  deriveSeed(nameAlg, shared, size, label, ephemeral, uniqueOf(area), seed);
  return TPM_RC_SUCCESS;
}
