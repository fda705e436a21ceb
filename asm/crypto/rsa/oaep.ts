// RSAES-OAEP (RFC 8017, 7.1) with MGF1 over the same hash. The padding is checked without a branch or an address that
// depends on where it is wrong (J. Manger, "A chosen ciphertext attack on RSA OAEP", 2001); that it is wrong, and the
// size of the message when it is right, is the caller's answer and shows.
import { wipe } from "../bytes";
import { wordZeroMask } from "../bignum/limbs";
import { drbgGenerate } from "../drbg";
import { hash, hashDigestSize } from "../hash";
import { rsaSize } from "./key";
import { mgf1Xor } from "../mgf1";
import { rsaPrivate, rsaPublic } from "./operation";
import { RSA_HASH, RSA_RANDOM, RSA_SIZE, RSA_SUCCESS, RSA_VALUE } from "./status";

const encoded: usize = memory.data(512, 16);
const labelHash: usize = memory.data(64, 16);

/** The longest message: size of the key - 2 * size of the digest - 2; -1 when the hash is unknown or too long. */
export function oaepMaxMessageSize(key: usize, algorithm: u32): i32 {
  const digestSize = hashDigestSize(algorithm);
  if (digestSize == 0) return -1;
  return max((rsaSize(key) as i32) - 2 * (digestSize as i32) - 2, -1);
}

/**
 * Encrypts a message; the ciphertext has rsaSize(key) bytes.
 * @returns RSA_SUCCESS; RSA_HASH for an unknown hash, or one too long for the key; RSA_SIZE for too long a message;
 * RSA_RANDOM.
 */
export function oaepEncrypt(
  key: usize,
  drbg: usize,
  algorithm: u32,
  label: usize,
  labelSize: u32,
  message: usize,
  messageSize: u32,
  ciphertext: usize,
): u32 {
  const most = oaepMaxMessageSize(key, algorithm);
  if (most < 0) return RSA_HASH;
  if (messageSize > (most as u32)) return RSA_SIZE;
  const size = rsaSize(key);
  const digestSize = hashDigestSize(algorithm);
  const seed = encoded + 1;
  const data = seed + digestSize;
  const dataSize = size - digestSize - 1;
  memory.fill(encoded, 0, size);
  if (!drbgGenerate(drbg, seed, digestSize)) return RSA_RANDOM;
  hash(algorithm, label, labelSize, data);
  store<u8>(data + dataSize - messageSize - 1, 1);
  memory.copy(data + dataSize - messageSize, message, messageSize);
  mgf1Xor(algorithm, seed, digestSize, data, dataSize);
  mgf1Xor(algorithm, data, dataSize, seed, digestSize);
  const status = rsaPublic(key, encoded, size, ciphertext);
  wipe(encoded, 512);
  return status;
}

/**
 * Decrypts into `message`, which has room for `capacity` bytes, and stores the size of the message at `messageSize`
 * (u32).
 * @returns RSA_SUCCESS; RSA_VALUE for a wrong padding or label, or a message that does not fit; RSA_HASH as for
 * oaepEncrypt; what rsaPrivate says.
 */
export function oaepDecrypt(
  key: usize,
  drbg: usize,
  algorithm: u32,
  label: usize,
  labelSize: u32,
  ciphertext: usize,
  ciphertextSize: u32,
  message: usize,
  capacity: u32,
  messageSize: usize,
): u32 {
  if (oaepMaxMessageSize(key, algorithm) < 0) return RSA_HASH;
  const status = rsaPrivate(key, drbg, ciphertext, ciphertextSize, encoded);
  if (status != RSA_SUCCESS) return status;
  const digestSize = hashDigestSize(algorithm);
  const seed = encoded + 1;
  const data = seed + digestSize;
  const dataSize = ciphertextSize - digestSize - 1;
  mgf1Xor(algorithm, data, dataSize, seed, digestSize);
  mgf1Xor(algorithm, seed, digestSize, data, dataSize);
  hash(algorithm, label, labelSize, labelHash);
  let bad: u32 = load<u8>(encoded);
  for (let i: u32 = 0; i < digestSize; i++) bad |= load<u8>(data + i) ^ load<u8>(labelHash + i);
  // `separator` is the place of the first byte that is not zero; that byte must be 1.
  let separator: u32 = 0;
  let found: u32 = 0;
  for (let i = digestSize; i < dataSize; i++) {
    const byte: u32 = load<u8>(data + i);
    const first = ~wordZeroMask(byte) & ~found;
    separator |= i & first;
    bad |= (byte ^ 1) & first;
    found |= first;
  }
  bad |= ~found;
  const length = dataSize - 1 - separator;
  bad |= (capacity - length) >> 31;
  const good = wordZeroMask(bad) != 0;
  if (good) {
    memory.copy(message, data + separator + 1, length);
    store<u32>(messageSize, length);
  }
  wipe(encoded, 512);
  return good ? RSA_SUCCESS : RSA_VALUE;
}
