// Hashing, HMAC and KDFa as commands use them: an algorithm is tested before its first result is relied on.
import * as kernel from "../../crypto/index";
import { bytesOf2B, sizeOf2B } from "../../base/index";
import { HASH_STATE_ROOM } from "../state/index";
import { TEST_HMAC, TEST_KDF, testBefore } from "./selfTest";

if (kernel.HMAC_CONTEXT_SIZE > HASH_STATE_ROOM) ERROR("HASH_STATE_ROOM is too small for the kernels");

/** Starts a hash in `state` (HASH_STATE_ROOM bytes). */
export function hashStart(algorithm: u32, state: usize): void {
  testBefore(algorithm);
  kernel.hashInit(state, algorithm);
}

/** Adds to a hash or an HMAC. */
export function hashUpdate(state: usize, data: usize, size: u32): void {
  kernel.hashUpdate(state, data, size);
}

/** Adds the bytes of a TPM2B, without its size. */
export function hashUpdate2B(state: usize, data: usize): void {
  kernel.hashUpdate(state, bytesOf2B(data), sizeOf2B(data));
}

/** Writes the digest and wipes the state. */
export function hashFinal(state: usize, out: usize): u32 {
  return kernel.hashFinal(state, out);
}

export function hmacStart(algorithm: u32, state: usize, key: usize, keySize: u32): void {
  testBefore(algorithm);
  testBefore(TEST_HMAC);
  kernel.hmacInit(state, algorithm, key, keySize);
}

export function hmacFinal(state: usize, out: usize): u32 {
  return kernel.hmacFinal(state, out);
}

// Labels of KDFa, zero included: their size is the value of the first byte.
export const LABEL_CFB: usize = memory.data<u8>([4, 0x43, 0x46, 0x42, 0]);
export const LABEL_XOR: usize = memory.data<u8>([4, 0x58, 0x4f, 0x52, 0]);
export const LABEL_ATH: usize = memory.data<u8>([4, 0x41, 0x54, 0x48, 0]);
export const LABEL_CONTEXT: usize = memory.data<u8>([8, 0x43, 0x4f, 0x4e, 0x54, 0x45, 0x58, 0x54, 0]);
export const LABEL_STORAGE: usize = memory.data<u8>([8, 0x53, 0x54, 0x4f, 0x52, 0x41, 0x47, 0x45, 0]);
export const LABEL_INTEGRITY: usize = memory.data<u8>([10, 0x49, 0x4e, 0x54, 0x45, 0x47, 0x52, 0x49, 0x54, 0x59, 0]);
export const LABEL_IDENTITY: usize = memory.data<u8>([9, 0x49, 0x44, 0x45, 0x4e, 0x54, 0x49, 0x54, 0x59, 0]);
export const LABEL_DUPLICATE: usize = memory.data<u8>([10, 0x44, 0x55, 0x50, 0x4c, 0x49, 0x43, 0x41, 0x54, 0x45, 0]);
export const LABEL_OBFUSCATE: usize = memory.data<u8>([10, 0x4f, 0x42, 0x46, 0x55, 0x53, 0x43, 0x41, 0x54, 0x45, 0]);
export const LABEL_COMMIT: usize = memory.data<u8>([
  13, 0x45, 0x43, 0x44, 0x41, 0x41, 0x20, 0x43, 0x6f, 0x6d, 0x6d, 0x69, 0x74, 0,
]);
export const LABEL_SECRET: usize = memory.data<u8>([7, 0x53, 0x45, 0x43, 0x52, 0x45, 0x54, 0]);

/** KDFa (Part 1, 11.4.10.2): `label` is one of the labels above. */
export function kdfa(
  algorithm: u32,
  key: usize,
  keySize: u32,
  label: usize,
  contextU: usize,
  sizeU: u32,
  contextV: usize,
  sizeV: u32,
  bits: u32,
  out: usize,
): void {
  testBefore(algorithm);
  testBefore(TEST_KDF);
  kernel.kdfa(algorithm, key, keySize, label + 1, load<u8>(label), contextU, sizeU, contextV, sizeV, bits, out);
}

/** {@link kdfa} with the key that hmacStart put into `state`, which stays as it is. */
export function kdfaKeyed(
  state: usize,
  label: usize,
  contextU: usize,
  sizeU: u32,
  contextV: usize,
  sizeV: u32,
  bits: u32,
  out: usize,
): void {
  testBefore(TEST_KDF);
  kernel.kdfaKeyed(state, label + 1, load<u8>(label), contextU, sizeU, contextV, sizeV, bits, out);
}
