// Message authentication codes with the key of an object: HMAC, or CMAC with a block cipher. A MAC goes by the TPM_ALG_ID
// of its hash, or TPM_ALG_CMAC.
import * as kernel from "../../crypto/index";
import { TPM_ALG_CMAC } from "../../generated/constants";
import { bytesOf2B, sizeOf2B } from "../../base/index";
import { digestSizeOf, hmacFinal, hmacStart, testBefore } from "../algorithms/index";
import { OBJECT_SENSITIVE, publicOf, symAlgorithm, symKeyBits, symmetricOf } from "../objects/index";
import { HASH_STATE_ROOM } from "../state/index";

if (kernel.CMAC_CONTEXT_SIZE > HASH_STATE_ROOM) ERROR("HASH_STATE_ROOM is too small for a CMAC");

/** Starts a MAC in `state` (HASH_STATE_ROOM bytes) with the key of a keyed hash or, for CMAC, of a symmetric cipher. */
export function macStart(mac: u32, state: usize, object: usize): void {
  const key = object + OBJECT_SENSITIVE;
  if (mac != TPM_ALG_CMAC) {
    hmacStart(mac, state, bytesOf2B(key), sizeOf2B(key));
    return;
  }
  const symmetric = symmetricOf(publicOf(object));
  testBefore(symAlgorithm(symmetric));
  testBefore(TPM_ALG_CMAC);
  if (!kernel.cmacInit(state, symAlgorithm(symmetric), bytesOf2B(key), symKeyBits(symmetric))) unreachable();
}

export function macUpdate(mac: u32, state: usize, data: usize, size: u32): void {
  if (mac == TPM_ALG_CMAC) kernel.cmacUpdate(state, data, size);
  else kernel.hmacUpdate(state, data, size);
}

/** Writes the MAC (at most 64 bytes) and wipes the state. @returns its size. */
export function macFinal(mac: u32, state: usize, out: usize): u32 {
  return mac == TPM_ALG_CMAC ? kernel.cmacFinal(state, out) : hmacFinal(state, out);
}

/** `mac` works with keys of hashes: it is HMAC. */
export function isHmac(mac: u32): bool {
  return digestSizeOf(mac) != 0;
}
