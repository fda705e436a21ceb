// Block ciphers in CFB mode, as parameter encryption, contexts and the wrapping of private areas use them.
import * as kernel from "../crypto/index";
import { TPM_ALG_CFB } from "../generated/constants";
import { scratchMark, scratchRelease, scratchTake } from "./memory";
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
