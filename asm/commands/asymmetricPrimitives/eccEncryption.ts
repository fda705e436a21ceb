// The encryption of TPM2_ECC_Encrypt and TPM2_ECC_Decrypt (Part 1, Annex D): with P2 = (x2, y2) from an ECDH with a fresh
// key, C1 its public point,
//   C2 = M ^ KDF2(x2 || y2)   C3 = H(x2 || M || y2)
import { eccSize } from "../../crypto/ecc/index";
import { kdf2Xor } from "../../crypto/index";
import { TPM_ALG_KDF2, TPM_ALG_NULL } from "../../generated/constants";
import { get16, scratchMark, scratchRelease, scratchTake } from "../../base/index";
import { hashFinal, hashStart, hashUpdate, testBefore } from "../../tpm/algorithms/index";
import { kdfOf } from "../../tpm/objects/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

/**
 * The hash of the KDF to use: that of the key, or the caller's for a key without one.
 * @param inScheme TPMT_KDF_SCHEME
 * @returns TPM_ALG_NULL when there is none, key and caller want different ones, or it is not KDF2
 */
export function selectKdf2Hash(area: usize, inScheme: usize): u32 {
  const keyScheme = kdfOf(area);
  const hasOwn = get16(keyScheme) != TPM_ALG_NULL;
  const scheme = get16(inScheme) == TPM_ALG_NULL ? keyScheme : inScheme;
  if (get16(scheme) != TPM_ALG_KDF2) return TPM_ALG_NULL;
  const hash = get16(scheme + 2);
  return hasOwn && (get16(keyScheme) != TPM_ALG_KDF2 || get16(keyScheme + 2) != hash) ? TPM_ALG_NULL : hash;
}

/** Masks or unmasks data in place. `point` is x2 || y2. */
export function maskWithPoint(hash: u32, curve: u32, point: usize, data: usize, size: u32): void {
  testBefore(hash);
  kdf2Xor(hash, point, 2 * eccSize(curve), data, size);
}

/** C3 of a message in clear. @returns its size. */
export function pointIntegrity(hash: u32, curve: u32, point: usize, message: usize, size: u32, out: usize): u32 {
  const coordinate = eccSize(curve);
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(hash, state);
  hashUpdate(state, point, coordinate);
  hashUpdate(state, message, size);
  hashUpdate(state, point + coordinate, coordinate);
  const digestSize = hashFinal(state, out);
  scratchRelease(mark);
  return digestSize;
}
