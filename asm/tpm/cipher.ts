// AES in CFB mode as parameter encryption and contexts use it.
import * as kernel from "../crypto/index";
import { TPM_ALG_AES, TPM_ALG_CFB } from "../generated/constants";
import { scratchMark, scratchRelease, scratchTake } from "./memory";
import { testBefore } from "./selfTest";

function schedule(key: usize, bits: u32): usize {
  testBefore(TPM_ALG_AES);
  testBefore(TPM_ALG_CFB);
  const context = scratchTake(kernel.CIPHER_CONTEXT_SIZE);
  kernel.cipherInit(context, kernel.ALG_AES, key, bits);
  return context;
}

/** In place; `iv` (16 bytes) is changed. */
export function cfbEncrypt(key: usize, bits: u32, iv: usize, data: usize, size: u32): void {
  const mark = scratchMark();
  kernel.cfbEncrypt(schedule(key, bits), iv, data, data, size);
  scratchRelease(mark);
}

/** In place; `iv` (16 bytes) is changed. */
export function cfbDecrypt(key: usize, bits: u32, iv: usize, data: usize, size: u32): void {
  const mark = scratchMark();
  kernel.cfbDecrypt(schedule(key, bits), iv, data, data, size);
  scratchRelease(mark);
}
