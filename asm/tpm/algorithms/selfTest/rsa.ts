// Self-tests of RSA: the private and the public operation, and each scheme in both directions.
import {
  oaepDecrypt,
  oaepEncrypt,
  RSA_KEY_SIZE,
  RSA_SUCCESS,
  rsaesDecrypt,
  rsaesEncrypt,
  rsaLoadPrivate,
  rsaPrivate,
  rsapssSign,
  rsapssVerify,
  rsaPublic,
  rsassaSign,
  rsassaVerify,
} from "../../../crypto/rsa/index";
import {
  TPM_ALG_OAEP,
  TPM_ALG_RSA,
  TPM_ALG_RSAPSS,
  TPM_ALG_RSASSA,
  TPM_ALG_SHA256,
} from "../../../generated/constants";
import { equalBytes, scratchTake } from "../../../base/index";
import { fixedGenerator } from "./ciphers";
import { SAMPLE_DIGEST } from "./eccAnswers";
import {
  OAEP_CIPHER,
  OAEP_LABEL,
  RSA_1024_MODULUS,
  RSA_1024_PRIME,
  RSA_2048_MODULUS,
  RSA_2048_PRIME,
  RSA_NUMBER,
  RSA_POWER,
  RSAES_CIPHER,
  RSAPSS_SIGNATURE,
  RSASSA_SIGNATURE,
} from "./rsaAnswers";

/** Bytes of the modulus, for the schemes. */
const SIZE: u32 = 128;
const EXPONENT: u32 = 65537;
const DIGEST_SIZE: u32 = 32;

/** `algorithm`: a scheme, or TPM_ALG_RSA for none. */
export function rsaIsRight(algorithm: u32): bool {
  const key = scratchTake(RSA_KEY_SIZE);
  const drbg = fixedGenerator();
  if (algorithm == TPM_ALG_RSA) return operationIsRight(key, drbg);
  if (!rsaLoadPrivate(key, RSA_1024_MODULUS, SIZE, EXPONENT, RSA_1024_PRIME, SIZE >> 1)) return false;
  const signs = algorithm == TPM_ALG_RSASSA || algorithm == TPM_ALG_RSAPSS;
  return signs ? signatureIsRight(algorithm, key, drbg) : encryptionIsRight(algorithm, key, drbg);
}

function operationIsRight(key: usize, drbg: usize): bool {
  const size: u32 = 256;
  const out = scratchTake(size);
  if (!rsaLoadPrivate(key, RSA_2048_MODULUS, size, EXPONENT, RSA_2048_PRIME, size >> 1)) return false;
  if (rsaPublic(key, RSA_NUMBER, size, out) != RSA_SUCCESS || !equalBytes(out, RSA_POWER, size)) return false;
  return rsaPrivate(key, drbg, RSA_POWER, size, out) == RSA_SUCCESS && equalBytes(out, RSA_NUMBER, size);
}

function signatureIsRight(algorithm: u32, key: usize, drbg: usize): bool {
  const isPss = algorithm == TPM_ALG_RSAPSS;
  const answer = isPss ? RSAPSS_SIGNATURE : RSASSA_SIGNATURE;
  const signature = scratchTake(SIZE);
  const signed = isPss
    ? rsapssSign(key, drbg, TPM_ALG_SHA256, SAMPLE_DIGEST, DIGEST_SIZE, DIGEST_SIZE, signature)
    : rsassaSign(key, drbg, TPM_ALG_SHA256, SAMPLE_DIGEST, DIGEST_SIZE, signature);
  if (signed != RSA_SUCCESS || !equalBytes(signature, answer, SIZE)) return false;
  const verified = isPss
    ? rsapssVerify(key, TPM_ALG_SHA256, SAMPLE_DIGEST, DIGEST_SIZE, answer, SIZE)
    : rsassaVerify(key, TPM_ALG_SHA256, SAMPLE_DIGEST, DIGEST_SIZE, answer, SIZE);
  return verified == RSA_SUCCESS;
}

function encryptionIsRight(algorithm: u32, key: usize, drbg: usize): bool {
  const isOaep = algorithm == TPM_ALG_OAEP;
  const answer = isOaep ? OAEP_CIPHER : RSAES_CIPHER;
  const out = scratchTake(SIZE);
  const size = scratchTake(4);
  const encrypted = isOaep
    ? oaepEncrypt(key, drbg, TPM_ALG_SHA256, OAEP_LABEL, 5, SAMPLE_DIGEST, DIGEST_SIZE, out)
    : rsaesEncrypt(key, drbg, SAMPLE_DIGEST, DIGEST_SIZE, out);
  if (encrypted != RSA_SUCCESS || !equalBytes(out, answer, SIZE)) return false;
  const decrypted = isOaep
    ? oaepDecrypt(key, drbg, TPM_ALG_SHA256, OAEP_LABEL, 5, answer, SIZE, out, SIZE, size)
    : rsaesDecrypt(key, drbg, answer, SIZE, out, SIZE, size);
  return decrypted == RSA_SUCCESS && load<u32>(size) == DIGEST_SIZE && equalBytes(out, SAMPLE_DIGEST, DIGEST_SIZE);
}
