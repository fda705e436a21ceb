// RSAES-PKCS1-v1_5 (RFC 8017, 7.2). The padding is checked without a branch or an address that depends on where it is
// wrong; that it is wrong, and the size of the message when it is right, is the caller's answer and shows.
import { wipe } from "../bytes";
import { wordZeroMask } from "../bignum/limbs";
import { drbgGenerate } from "../drbg";
import { rsaSize } from "./key";
import { rsaPrivate, rsaPublic } from "./operation";
import { RSA_RANDOM, RSA_SIZE, RSA_SUCCESS, RSA_VALUE } from "./status";

/** 0, 2, at least eight random bytes, 0. */
const OVERHEAD: u32 = 11;

const encoded: usize = memory.data(512, 16);

/**
 * Encrypts a message of at most rsaSize(key) - 11 bytes; the ciphertext has rsaSize(key) bytes.
 * @returns RSA_SUCCESS; RSA_SIZE for a longer message; RSA_RANDOM.
 */
export function rsaesEncrypt(key: usize, drbg: usize, message: usize, messageSize: u32, ciphertext: usize): u32 {
  const size = rsaSize(key);
  if (size < OVERHEAD || messageSize > size - OVERHEAD) return RSA_SIZE;
  const separator = size - messageSize - 1;
  if (!drbgGenerate(drbg, encoded + 2, separator - 2)) return RSA_RANDOM;
  for (let i: u32 = 2; i < separator; i++) {
    while (load<u8>(encoded + i) == 0) if (!drbgGenerate(drbg, encoded + i, 1)) return RSA_RANDOM;
  }
  store<u16>(encoded, 0x0200);
  store<u8>(encoded + separator, 0);
  memory.copy(encoded + separator + 1, message, messageSize);
  const status = rsaPublic(key, encoded, size, ciphertext);
  wipe(encoded, 512);
  return status;
}

/**
 * Decrypts into `message`, which has room for `capacity` bytes, and stores the size of the message at `messageSize`
 * (u32).
 * @returns RSA_SUCCESS; RSA_VALUE for a wrong padding, or a message that does not fit; what rsaPrivate says.
 */
export function rsaesDecrypt(
  key: usize,
  drbg: usize,
  ciphertext: usize,
  ciphertextSize: u32,
  message: usize,
  capacity: u32,
  messageSize: usize,
): u32 {
  const status = rsaPrivate(key, drbg, ciphertext, ciphertextSize, encoded);
  if (status != RSA_SUCCESS) return status;
  const size = ciphertextSize;
  let bad: u32 = load<u8>(encoded) | (load<u8>(encoded + 1) ^ 2);
  // `separator` is the place of the first zero after the first two bytes.
  let separator: u32 = 0;
  let found: u32 = 0;
  for (let i: u32 = 2; i < size; i++) {
    const zero = wordZeroMask(load<u8>(encoded + i));
    separator |= i & zero & ~found;
    found |= zero;
  }
  const length = size - 1 - separator;
  bad |= ~found;
  // separator < 10 (which it is, too, when none was found), length > capacity: the sign of a difference.
  bad |= (separator - 10) >> 31;
  bad |= (capacity - length) >> 31;
  const good = wordZeroMask(bad) != 0;
  if (good) {
    memory.copy(message, encoded + separator + 1, length);
    store<u32>(messageSize, length);
  }
  wipe(encoded, 512);
  return good ? RSA_SUCCESS : RSA_VALUE;
}
