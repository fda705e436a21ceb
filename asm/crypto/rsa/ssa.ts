// RSASSA-PKCS1-v1_5 (RFC 8017, 8.2): signatures over a digest, not a message.
import { constantTimeEqual, wipe } from "../bytes";
import { hashDigestSize } from "../hash";
import { MAX_DIGEST_INFO_PREFIX, digestInfoPrefix } from "./digestInfo";
import { rsaSize } from "./key";
import { rsaPrivate, rsaPublic } from "./operation";
import { RSA_HASH, RSA_SIZE, RSA_SUCCESS, RSA_VALUE } from "./status";

const encoded: usize = memory.data(512, 16);
const opened: usize = memory.data(512, 16);
const prefix: usize = memory.data(20, 4);

if (MAX_DIGEST_INFO_PREFIX > 20) ERROR("the DigestInfo does not fit its memory");

/** EMSA-PKCS1-v1_5 (9.2) into `encoded`. */
function encode(size: u32, algorithm: u32, digest: usize, digestSize: u32): u32 {
  const prefixSize = digestInfoPrefix(algorithm, prefix);
  if (prefixSize == 0) return RSA_HASH;
  if (hashDigestSize(algorithm) != digestSize) return RSA_SIZE;
  const tail = prefixSize + digestSize;
  if (size < tail + 11) return RSA_HASH;
  store<u16>(encoded, 0x0100);
  memory.fill(encoded + 2, 0xff, size - tail - 3);
  store<u8>(encoded + size - tail - 1, 0);
  memory.copy(encoded + size - tail, prefix, prefixSize);
  memory.copy(encoded + size - digestSize, digest, digestSize);
  return RSA_SUCCESS;
}

/**
 * Signs a digest; the signature has rsaSize(key) bytes. `drbg` serves the blinding only: the signature is the same each
 * time.
 * @returns RSA_SUCCESS; RSA_HASH for an unknown hash; RSA_SIZE when the digest is not one of that hash; what rsaPrivate
 * says.
 */
export function rsassaSign(
  key: usize,
  drbg: usize,
  algorithm: u32,
  digest: usize,
  digestSize: u32,
  signature: usize,
): u32 {
  const size = rsaSize(key);
  const status = encode(size, algorithm, digest, digestSize);
  if (status != RSA_SUCCESS) return status;
  return rsaPrivate(key, drbg, encoded, size, signature);
}

/** @returns RSA_SUCCESS when the signature is good; RSA_VALUE when it is not; RSA_HASH, RSA_SIZE as for rsassaSign. */
export function rsassaVerify(
  key: usize,
  algorithm: u32,
  digest: usize,
  digestSize: u32,
  signature: usize,
  signatureSize: u32,
): u32 {
  const size = rsaSize(key);
  const status = encode(size, algorithm, digest, digestSize);
  if (status != RSA_SUCCESS) return status;
  if (rsaPublic(key, signature, signatureSize, opened) != RSA_SUCCESS) return RSA_VALUE;
  const good = constantTimeEqual(encoded, opened, size);
  wipe(opened, 512);
  return good ? RSA_SUCCESS : RSA_VALUE;
}
