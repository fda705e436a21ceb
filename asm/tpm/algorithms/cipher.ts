// Block ciphers: in CFB mode as parameter encryption, contexts and the wrapping of private areas use them, and in every
// mode as callers of the TPM do.
import * as kernel from "../../crypto/index";
import { TPM_ALG_CBC, TPM_ALG_CFB, TPM_ALG_CTR, TPM_ALG_ECB, TPM_ALG_OFB } from "../../generated/constants";
import { scratchMark, scratchRelease, scratchTake } from "../../base/index";
import { testBefore } from "./selfTest";

/** Bytes of a block, which are those of an IV; 0 when `algorithm` is no block cipher or has no keys of `bits` bits. */
export function blockSizeOf(algorithm: u32, bits: u32): u32 {
  return kernel.cipherBlockSize(algorithm, bits);
}

function schedule(algorithm: u32, key: usize, bits: u32): usize {
  testBefore(algorithm);
  testBefore(TPM_ALG_CFB);
  const context = scratchTake(kernel.CIPHER_CONTEXT_SIZE);
  kernel.cipherInit(context, algorithm, key, bits);
  return context;
}

/** In place, any size; `algorithm` is the TPM_ALG_ID of a block cipher; `iv` (a block) is changed. */
export function cfbEncrypt(algorithm: u32, key: usize, bits: u32, iv: usize, data: usize, size: u32): void {
  const mark = scratchMark();
  kernel.cfbEncrypt(schedule(algorithm, key, bits), iv, data, data, size);
  scratchRelease(mark);
}

/** In place, any size; `algorithm` is the TPM_ALG_ID of a block cipher; `iv` (a block) is changed. */
export function cfbDecrypt(algorithm: u32, key: usize, bits: u32, iv: usize, data: usize, size: u32): void {
  const mark = scratchMark();
  kernel.cfbDecrypt(schedule(algorithm, key, bits), iv, data, data, size);
  scratchRelease(mark);
}

/**
 * Encrypts or decrypts in place in any mode. `iv` (a block, but for ECB) becomes what the next piece of the message goes
 * on with; CBC and ECB need whole blocks.
 */
export function crypt(
  mode: u32,
  encrypt: bool,
  algorithm: u32,
  key: usize,
  bits: u32,
  iv: usize,
  data: usize,
  size: u32,
): void {
  if (size == 0) return;
  const mark = scratchMark();
  testBefore(mode);
  const context = schedule(algorithm, key, bits);
  let whole = true;
  switch (mode) {
    case TPM_ALG_CTR:
      kernel.ctrCrypt(context, iv, data, data, size);
      break;
    case TPM_ALG_OFB:
      kernel.ofbCrypt(context, iv, data, data, size);
      break;
    case TPM_ALG_CBC:
      whole = encrypt
        ? kernel.cbcEncrypt(context, iv, data, data, size)
        : kernel.cbcDecrypt(context, iv, data, data, size);
      break;
    case TPM_ALG_CFB:
      cfbPiece(context, encrypt, iv, data, size, blockSizeOf(algorithm, bits));
      break;
    case TPM_ALG_ECB:
      whole = encrypt ? kernel.ecbEncrypt(context, data, data, size) : kernel.ecbDecrypt(context, data, data, size);
      break;
    default:
      unreachable();
  }
  if (!whole) unreachable();
  scratchRelease(mark);
}

/** After a partial last block the rest of the IV is what was not used of the keystream, as in libtpms and OpenSSL. */
function cfbPiece(context: usize, encrypt: bool, iv: usize, data: usize, size: u32, blockSize: u32): void {
  const rest = size % blockSize;
  const whole = size - rest;
  if (encrypt) kernel.cfbEncrypt(context, iv, data, data, whole);
  else kernel.cfbDecrypt(context, iv, data, data, whole);
  if (rest == 0) return;
  const last = data + whole;
  const mark = scratchMark();
  const ciphertext = scratchTake(kernel.MAX_CIPHER_BLOCK_SIZE);
  if (!encrypt) memory.copy(ciphertext, last, rest);
  kernel.ofbCrypt(context, iv, last, last, rest);
  if (encrypt) memory.copy(ciphertext, last, rest);
  memory.copy(iv, ciphertext, rest);
  scratchRelease(mark);
}
