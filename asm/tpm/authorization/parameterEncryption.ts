// Encryption of the first parameter of a command or response, when it is a TPM2B (Part 1, 21).
import { TPM_ALG_XOR, TPM_RC_INSUFFICIENT, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { REFUSAL_DECRYPT_SHORT, REFUSAL_DECRYPT_SIZE } from "../../generated/refusals";
import {
  bytesOf2B,
  get16,
  MAX_DIGEST_SIZE,
  MAX_SYM_BLOCK_SIZE,
  MAX_SYM_KEY_BYTES,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import { blockSizeOf, cfbDecrypt, cfbEncrypt, kdfa, LABEL_CFB, LABEL_XOR } from "../algorithms/index";
import { AUTH_HASH, NONCE_TPM, SYMMETRIC, SYMMETRIC_BITS } from "./session";
import { associatedHandle, callerNonce, loadedSession } from "./sessionArea";
import { keyWithAuth } from "./sessionHmac";

/** Decrypts the first parameter of the command in place, with session `i`. */
export function decryptParameter(i: u32, at: usize, available: u32): u32 {
  if (available < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_DECRYPT_SHORT, i + 1, available);
  const size = get16(at);
  if (size > available - 2) return refuse(TPM_RC_SIZE, REFUSAL_DECRYPT_SIZE, i + 1, size, available - 2);
  transform(i, callerNonce(i), loadedSession(i) + NONCE_TPM, at + 2, size, true);
  return TPM_RC_SUCCESS;
}

/** Encrypts the first parameter of the response in place, with session `i`; nonceTPM is the new one. */
export function encryptParameter(i: u32, at: usize): void {
  transform(i, loadedSession(i) + NONCE_TPM, callerNonce(i), at + 2, get16(at), false);
}

function transform(i: u32, nonceNewer: usize, nonceOlder: usize, data: usize, size: u32, decrypt: bool): void {
  const session = loadedSession(i);
  const hash = load<u16>(session, AUTH_HASH);
  const mark = scratchMark();
  const key = scratchTake(2 * MAX_DIGEST_SIZE);
  const keySize = keyWithAuth(session, associatedHandle(i), key);
  const newer = bytesOf2B(nonceNewer);
  const newerSize = sizeOf2B(nonceNewer);
  const older = bytesOf2B(nonceOlder);
  const olderSize = sizeOf2B(nonceOlder);
  if (load<u16>(session, SYMMETRIC) == TPM_ALG_XOR) {
    const mask = scratchTake(size);
    kdfa(hash, key, keySize, LABEL_XOR, newer, newerSize, older, olderSize, size << 3, mask);
    for (let n: u32 = 0; n < size; n++) store<u8>(data + n, load<u8>(data + n) ^ load<u8>(mask + n));
  } else {
    const algorithm: u32 = load<u16>(session, SYMMETRIC);
    const bits: u32 = load<u16>(session, SYMMETRIC_BITS);
    const keyBytes = bits >> 3;
    const material = scratchTake(MAX_SYM_KEY_BYTES + MAX_SYM_BLOCK_SIZE);
    const materialBits = bits + (blockSizeOf(algorithm, bits) << 3);
    kdfa(hash, key, keySize, LABEL_CFB, newer, newerSize, older, olderSize, materialBits, material);
    if (decrypt) cfbDecrypt(algorithm, material, bits, material + keyBytes, data, size);
    else cfbEncrypt(algorithm, material, bits, material + keyBytes, data, size);
  }
  scratchRelease(mark);
}
