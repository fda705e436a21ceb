// The sensitive area of an object (Part 2, 12.3.2.4) between its slot and the wire. TPMT_SENSITIVE in wire form:
//
//   2 sensitiveType   TPM2B_AUTH authValue   TPM2B_DIGEST seedValue   TPM2B sensitive
import { TPM_RC_INSUFFICIENT, TPM_RC_SUCCESS } from "../../generated/constants";
import { unmarshal_TPMT_SENSITIVE } from "../../generated/unmarshal";
import {
  bytesOf2B,
  copy2B,
  get16,
  MAX_DIGEST_SIZE,
  put16,
  readerRemaining,
  readerStart,
  removeTrailingZeros,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  wipe2B,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate2B, hmacFinal, hmacStart } from "../algorithms/index";
import { HASH_STATE_ROOM } from "../state/index";
import { OBJECT_AUTH, OBJECT_SEED, OBJECT_SENSITIVE, publicOf, SENSITIVE_ROOM } from "./object";
import { attributesOf, isRestrictedDecrypt, nameAlgOf, typeOf } from "./publicArea";

/** The most bytes that marshalSensitive writes. */
export const MARSHALLED_SENSITIVE: u32 = 2 + 2 + (2 + 64) + (2 + 64) + (2 + 256);

// --- parts of a TPMT_SENSITIVE in wire form --------------------------------------------------------------------

export function sensitiveType(wire: usize): u32 {
  return get16(wire);
}
export function sensitiveAuth(wire: usize): usize {
  return wire + 2;
}
export function sensitiveSeed(wire: usize): usize {
  const auth = wire + 2;
  return auth + 2 + sizeOf2B(auth);
}
/** The TPM2B with the prime, scalar, key or data. */
export function sensitiveData(wire: usize): usize {
  const seed = sensitiveSeed(wire);
  return seed + 2 + sizeOf2B(seed);
}

/** Puts an authValue into the slot. */
export function setObjectAuth(object: usize, auth: usize): void {
  wipe2B(object + OBJECT_AUTH, MAX_DIGEST_SIZE);
  copy2B(object + OBJECT_AUTH, auth);
  removeTrailingZeros(object + OBJECT_AUTH);
}

/** Puts a sensitive area, whose sizes were checked, into the slot. */
export function setSensitive(object: usize, wire: usize): void {
  setObjectAuth(object, sensitiveAuth(wire));
  wipe2B(object + OBJECT_SEED, MAX_DIGEST_SIZE);
  copy2B(object + OBJECT_SEED, sensitiveSeed(wire));
  wipe2B(object + OBJECT_SENSITIVE, SENSITIVE_ROOM);
  copy2B(object + OBJECT_SENSITIVE, sensitiveData(wire));
}

/** An authValue that fits an object of this nameAlg once its trailing zeros are off (Part 1, 19.6.4.3). */
export function authFits(auth: usize, nameAlg: u32): bool {
  return removeTrailingZeros(auth) <= (digestSizeOf(nameAlg) == 0 ? MAX_DIGEST_SIZE : digestSizeOf(nameAlg));
}

/**
 * TPM2B_SENSITIVE of an object, the authValue padded to the size of nameAlg's digest.
 * @param type sensitiveType when it is not the type of the public area
 * @returns its size in all.
 */
export function marshalSensitive(object: usize, out: usize, type: u32 = 0): u32 {
  const area = publicOf(object);
  const auth = object + OBJECT_AUTH;
  const authSize = digestSizeOf(nameAlgOf(area));
  let at = out + 2;
  put16(at, type == 0 ? typeOf(area) : type);
  put16(at + 2, authSize);
  memory.fill(at + 4, 0, authSize);
  memory.copy(at + 4, bytesOf2B(auth), sizeOf2B(auth));
  at += 4 + authSize;
  copy2B(at, object + OBJECT_SEED);
  at += 2 + sizeOf2B(at);
  copy2B(at, object + OBJECT_SENSITIVE);
  at += 2 + sizeOf2B(at);
  put16(out, (at - out - 2) as u32);
  return (at - out) as u32;
}

/**
 * Reads a TPM2B_SENSITIVE of `size` bytes. The TPMT_SENSITIVE is then at `at` + 2.
 * @param wrongSize the response code for a size that is not that of the structure
 */
export function checkSensitive(at: usize, size: u32, wrongSize: u32): u32 {
  if (size < 2) return TPM_RC_INSUFFICIENT;
  if (get16(at) + 2 != size) return wrongSize;
  readerStart(at + 2, size - 2);
  const rc = unmarshal_TPMT_SENSITIVE();
  if (rc != TPM_RC_SUCCESS) return rc;
  return readerRemaining() == 0 ? TPM_RC_SUCCESS : wrongSize;
}

/** unique of a keyed hash or symmetric cipher, as a TPM2B at `out`: a digest of seed and key, or an HMAC for parents. */
export function symmetricUnique(object: usize, out: usize): void {
  const area = publicOf(object);
  const hash = nameAlgOf(area);
  const seed = object + OBJECT_SEED;
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  put16(out, digestSizeOf(hash));
  if (isRestrictedDecrypt(attributesOf(area))) {
    hmacStart(hash, state, bytesOf2B(seed), sizeOf2B(seed));
    hashUpdate2B(state, object + OBJECT_SENSITIVE);
    hmacFinal(state, out + 2);
  } else {
    hashStart(hash, state);
    hashUpdate2B(state, seed);
    hashUpdate2B(state, object + OBJECT_SENSITIVE);
    hashFinal(state, out + 2);
  }
  scratchRelease(mark);
}
