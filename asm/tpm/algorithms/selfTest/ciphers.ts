// Self-tests of block ciphers with all key sizes, of their modes, of CMAC and of the random number generator.
import {
  cbcDecrypt,
  cbcEncrypt,
  cfbDecrypt,
  cfbEncrypt,
  CIPHER_CONTEXT_SIZE,
  cipherInit,
  CMAC_CONTEXT_SIZE,
  cmacFinal,
  cmacInit,
  cmacUpdate,
  ctrCrypt,
  DRBG_CONTEXT_SIZE,
  drbgGenerate,
  drbgInstantiate,
  drbgReseed,
  ecbDecrypt,
  ecbEncrypt,
  ofbCrypt,
} from "../../../crypto/index";
import {
  TPM_ALG_AES,
  TPM_ALG_CAMELLIA,
  TPM_ALG_CBC,
  TPM_ALG_CFB,
  TPM_ALG_CTR,
  TPM_ALG_ECB,
  TPM_ALG_OFB,
  TPM_ALG_SM4,
  TPM_ALG_TDES,
} from "../../../generated/constants";
import { equalBytes, scratchTake } from "../../../base/index";
import {
  AES_128,
  AES_192,
  AES_256,
  AES_KEY,
  AES_PLAIN,
  CAMELLIA_128,
  CAMELLIA_192,
  CAMELLIA_256,
  CAMELLIA_KEY,
  CBC_CIPHER,
  CFB_CIPHER,
  CMAC_ANSWER,
  CMAC_MESSAGE,
  CTR_CIPHER,
  DRBG_ANSWER,
  DRBG_ENTROPY,
  DRBG_NONCE,
  DRBG_RESEED,
  ECB_CIPHER,
  FIXED_ENTROPY,
  MODE_COUNTER,
  MODE_IV,
  MODE_KEY,
  MODE_PLAIN,
  OFB_CIPHER,
  SM4_CIPHER,
  TDES_128,
  TDES_192,
  TDES_KEY,
  TDES_PLAIN,
} from "./cipherAnswers";

export function cipherIsRight(algorithm: u32): bool {
  switch (algorithm) {
    case TPM_ALG_AES:
      return (
        blocksAreRight(algorithm, AES_KEY, 128, AES_PLAIN, AES_128, 16) &&
        blocksAreRight(algorithm, AES_KEY, 192, AES_PLAIN, AES_192, 16) &&
        blocksAreRight(algorithm, AES_KEY, 256, AES_PLAIN, AES_256, 16)
      );
    case TPM_ALG_CAMELLIA:
      return (
        blocksAreRight(algorithm, CAMELLIA_KEY, 128, CAMELLIA_KEY, CAMELLIA_128, 16) &&
        blocksAreRight(algorithm, CAMELLIA_KEY, 192, CAMELLIA_KEY, CAMELLIA_192, 16) &&
        blocksAreRight(algorithm, CAMELLIA_KEY, 256, CAMELLIA_KEY, CAMELLIA_256, 16)
      );
    case TPM_ALG_TDES:
      return (
        blocksAreRight(algorithm, TDES_KEY, 128, TDES_PLAIN, TDES_128, 24) &&
        blocksAreRight(algorithm, TDES_KEY, 192, TDES_PLAIN, TDES_192, 24)
      );
    default:
      return blocksAreRight(TPM_ALG_SM4, CAMELLIA_KEY, 128, CAMELLIA_KEY, SM4_CIPHER, 16);
  }
}

/** Whole blocks in ECB mode, there and back. */
function blocksAreRight(algorithm: u32, key: usize, bits: u32, plain: usize, cipher: usize, size: u32): bool {
  const context = scratchTake(CIPHER_CONTEXT_SIZE);
  const data = scratchTake(size);
  if (!cipherInit(context, algorithm, key, bits)) return false;
  ecbEncrypt(context, plain, data, size);
  if (!equalBytes(data, cipher, size)) return false;
  ecbDecrypt(context, data, data, size);
  return equalBytes(data, plain, size);
}

/** Two blocks in one of the five modes, there and back. */
export function modeIsRight(mode: u32): bool {
  const context = scratchTake(CIPHER_CONTEXT_SIZE);
  const iv = scratchTake(16);
  const data = scratchTake(32);
  const first = mode == TPM_ALG_CTR ? MODE_COUNTER : MODE_IV;
  cipherInit(context, TPM_ALG_AES, MODE_KEY, 128);
  memory.copy(iv, first, 16);
  crypt(mode, context, iv, MODE_PLAIN, data, true);
  if (!equalBytes(data, cipherTextOf(mode), 32)) return false;
  memory.copy(iv, first, 16);
  crypt(mode, context, iv, data, data, false);
  return equalBytes(data, MODE_PLAIN, 32);
}

function crypt(mode: u32, context: usize, iv: usize, input: usize, output: usize, encrypt: bool): void {
  switch (mode) {
    case TPM_ALG_ECB:
      if (encrypt) ecbEncrypt(context, input, output, 32);
      else ecbDecrypt(context, input, output, 32);
      break;
    case TPM_ALG_CBC:
      if (encrypt) cbcEncrypt(context, iv, input, output, 32);
      else cbcDecrypt(context, iv, input, output, 32);
      break;
    case TPM_ALG_CFB:
      if (encrypt) cfbEncrypt(context, iv, input, output, 32);
      else cfbDecrypt(context, iv, input, output, 32);
      break;
    case TPM_ALG_OFB:
      ofbCrypt(context, iv, input, output, 32);
      break;
    default:
      ctrCrypt(context, iv, input, output, 32);
      break;
  }
}

function cipherTextOf(mode: u32): usize {
  switch (mode) {
    case TPM_ALG_ECB:
      return ECB_CIPHER;
    case TPM_ALG_CBC:
      return CBC_CIPHER;
    case TPM_ALG_CFB:
      return CFB_CIPHER;
    case TPM_ALG_OFB:
      return OFB_CIPHER;
    default:
      return CTR_CIPHER;
  }
}

export function cmacIsRight(): bool {
  const context = scratchTake(CMAC_CONTEXT_SIZE);
  const mac = scratchTake(16);
  cmacInit(context, TPM_ALG_AES, MODE_KEY, 128);
  cmacUpdate(context, CMAC_MESSAGE, 40);
  cmacFinal(context, mac);
  return equalBytes(mac, CMAC_ANSWER, 16);
}

/** SP 800-90A, 11.3: instantiate, reseed and generate. */
export function drbgIsRight(): bool {
  const context = scratchTake(DRBG_CONTEXT_SIZE);
  const out = scratchTake(64);
  if (!drbgInstantiate(context, DRBG_ENTROPY, 32, DRBG_NONCE, 16)) return false;
  if (!drbgReseed(context, DRBG_RESEED, 32)) return false;
  if (!drbgGenerate(context, out, 64) || !drbgGenerate(context, out, 64)) return false;
  return equalBytes(out, DRBG_ANSWER, 64);
}

/** A generator of known numbers, so that an operation that needs random ones has a known answer. */
export function fixedGenerator(): usize {
  const context = scratchTake(DRBG_CONTEXT_SIZE);
  drbgInstantiate(context, FIXED_ENTROPY, 64);
  return context;
}
