// RSASSA-PSS (RFC 8017, 8.1) with MGF1 over the same hash: signatures over a digest, not a message. The digest may have
// any size. Moduli have a whole number of bytes, so of EM's bits only the highest is missing.
import { constantTimeEqual, wipe } from "../bytes";
import { drbgGenerate } from "../drbg";
import { hashDigestSize, hashFinal, hashInit, hashUpdate } from "../hash";
import { rsaSize } from "./key";
import { mgf1Xor } from "../mgf1";
import { rsaPrivate, rsaPublic } from "./operation";
import { RSA_HASH, RSA_RANDOM, RSA_SUCCESS, RSA_VALUE } from "./status";

const encoded: usize = memory.data(512, 16);
const salt: usize = memory.data(512, 16);
const context: usize = memory.data(224, 16);
const computed: usize = memory.data(64, 16);

const TRAILER: u8 = 0xbc;

/** The longest salt that fits: size of the key - size of the digest - 2; -1 when not even an empty one does. */
export function rsapssMaxSaltSize(key: usize, algorithm: u32): i32 {
  const digestSize = hashDigestSize(algorithm);
  if (digestSize == 0) return -1;
  return max((rsaSize(key) as i32) - (digestSize as i32) - 2, -1);
}

/**
 * The salt of a TPM: as long as the digest, or as long as fits (TCG reference code; FIPS 186-5, 5.4). -1 = none fits.
 */
export function rsapssSaltSize(key: usize, algorithm: u32): i32 {
  return min(rsapssMaxSaltSize(key, algorithm), hashDigestSize(algorithm) as i32);
}

/** out = hash(eight zeros || digest || salt). */
function hashSalted(algorithm: u32, digest: usize, digestSize: u32, saltAt: usize, saltSize: u32, out: usize): void {
  store<u64>(computed, 0);
  hashInit(context, algorithm);
  hashUpdate(context, computed, 8);
  hashUpdate(context, digest, digestSize);
  hashUpdate(context, saltAt, saltSize);
  hashFinal(context, out);
}

/**
 * Signs a digest; the signature has rsaSize(key) bytes. `drbg` gives the salt and the blinding.
 * @returns RSA_SUCCESS; RSA_HASH for an unknown hash, or one that leaves no room for the salt; RSA_RANDOM; what
 * rsaPrivate says.
 */
export function rsapssSign(
  key: usize,
  drbg: usize,
  algorithm: u32,
  digest: usize,
  digestSize: u32,
  saltSize: u32,
  signature: usize,
): u32 {
  const size = rsaSize(key);
  const most = rsapssMaxSaltSize(key, algorithm);
  if (most < 0 || saltSize > (most as u32)) return RSA_HASH;
  if (!drbgGenerate(drbg, salt, saltSize)) return RSA_RANDOM;
  const masked = size - hashDigestSize(algorithm) - 1;
  hashSalted(algorithm, digest, digestSize, salt, saltSize, encoded + masked);
  memory.fill(encoded, 0, masked - saltSize - 1);
  store<u8>(encoded + masked - saltSize - 1, 1);
  memory.copy(encoded + masked - saltSize, salt, saltSize);
  mgf1Xor(algorithm, encoded + masked, hashDigestSize(algorithm), encoded, masked);
  store<u8>(encoded, load<u8>(encoded) & 0x7f);
  store<u8>(encoded + size - 1, TRAILER);
  wipe(salt, 512);
  return rsaPrivate(key, drbg, encoded, size, signature);
}

/**
 * Verifies a signature whose salt has any size, as a TPM does.
 * @returns RSA_SUCCESS when it is good; RSA_VALUE when it is not; RSA_HASH as for rsapssSign.
 */
export function rsapssVerify(
  key: usize,
  algorithm: u32,
  digest: usize,
  digestSize: u32,
  signature: usize,
  signatureSize: u32,
): u32 {
  const size = rsaSize(key);
  if (rsapssMaxSaltSize(key, algorithm) < 0) return RSA_HASH;
  if (rsaPublic(key, signature, signatureSize, encoded) != RSA_SUCCESS) return RSA_VALUE;
  const hashSize = hashDigestSize(algorithm);
  const masked = size - hashSize - 1;
  if (load<u8>(encoded) & 0x80 || load<u8>(encoded + size - 1) != TRAILER) return RSA_VALUE;
  mgf1Xor(algorithm, encoded + masked, hashSize, encoded, masked);
  store<u8>(encoded, load<u8>(encoded) & 0x7f);
  let at: u32 = 0;
  while (at < masked && load<u8>(encoded + at) == 0) at++;
  if (at == masked || load<u8>(encoded + at) != 1) return RSA_VALUE;
  at++;
  hashSalted(algorithm, digest, digestSize, encoded + at, masked - at, computed);
  return constantTimeEqual(computed, encoded + masked, hashSize) ? RSA_SUCCESS : RSA_VALUE;
}
