// The private area of an object on its way to another parent (Part 1, 23.3): TPM2B_SENSITIVE, then an inner wrap with a
// key that travels separately, then an outer wrap with a seed for the new parent; both may be missing.
import {
  TPM_ALG_NULL,
  TPM_RC_INSUFFICIENT,
  TPM_RC_INTEGRITY,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
} from "../../generated/constants";
import { REFUSAL_PRIVATE_INTEGRITY, REFUSAL_PRIVATE_SIZES } from "../../generated/refusals";
import {
  bytesOf2B,
  equal2B,
  get16,
  MAX_DIGEST_SIZE,
  MAX_SYM_BLOCK_SIZE,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import { cfbDecrypt, cfbEncrypt, digestSizeOf } from "../algorithms/index";
import {
  checkSensitive,
  MARSHALLED_SENSITIVE,
  marshalSensitive,
  nameAlgOf,
  OBJECT_NAME,
  publicOf,
  symAlgorithm,
  symKeyBits,
} from "../objects/index";
import { innerIntegrity, outerWrapSize, unwrapOuter, wrapOuter } from "./wrap";

/** Bytes of the key for the inner wrap; 0 without one. `symmetric` is a TPMT_SYM_DEF_OBJECT. */
export function innerKeySize(symmetric: usize): u32 {
  return (symKeyBits(symmetric) + 7) >> 3;
}

/** The most bytes that wrapDuplicate writes. */
export const DUPLICATE_ROOM: u32 = 2 * (2 + MAX_DIGEST_SIZE) + MARSHALLED_SENSITIVE;

/**
 * Writes a TPM2B_PRIVATE, without its size, at `out`.
 * @param newParent slot; 0 for none
 * @param seed TPM2B, for the new parent
 * @param symmetric TPMT_SYM_DEF_OBJECT of the inner wrap; `innerKey` its key
 * @returns its size.
 */
export function wrapDuplicate(
  object: usize,
  newParent: usize,
  seed: usize,
  symmetric: usize,
  innerKey: usize,
  out: usize,
): u32 {
  const name = object + OBJECT_NAME;
  const nameAlg = nameAlgOf(publicOf(object));
  const hasInner = symAlgorithm(symmetric) != TPM_ALG_NULL;
  const outerHash = newParent == 0 ? TPM_ALG_NULL : nameAlgOf(publicOf(newParent));
  const inner = newParent == 0 ? out : out + outerWrapSize(newParent, outerHash, false);
  const data = hasInner ? inner + 2 + digestSizeOf(nameAlg) : inner;
  let size = marshalSensitive(object, data);
  if (hasInner) {
    innerIntegrity(nameAlg, name, data, size, inner);
    size += (data - inner) as u32;
    cryptInner(symmetric, innerKey, inner, size, true);
  }
  return newParent == 0 ? size : wrapOuter(newParent, name, outerHash, seed, false, out, size);
}

/** Address of the TPMT_SENSITIVE after a successful unwrapDuplicate. */
export let duplicateSensitive: usize = 0;

/**
 * Unwraps a TPM2B_PRIVATE in place.
 * @param name TPM2B_NAME of the object
 * @param parent slot of the new parent; 0 when there is no outer wrap
 * @returns a response code without number.
 */
export function unwrapDuplicate(
  duplicate: usize,
  name: usize,
  nameAlg: u32,
  parent: usize,
  seed: usize,
  symmetric: usize,
  innerKey: usize,
): u32 {
  let at = bytesOf2B(duplicate);
  const end = at + sizeOf2B(duplicate);
  if (parent != 0) {
    const hash = nameAlgOf(publicOf(parent));
    const rc = unwrapOuter(parent, name, hash, seed, false, at, (end - at) as u32);
    if (rc != TPM_RC_SUCCESS) return rc;
    at += outerWrapSize(parent, hash, false);
  }
  if (symAlgorithm(symmetric) != TPM_ALG_NULL) {
    cryptInner(symmetric, innerKey, at, (end - at) as u32, false);
    const rc = checkInner(name, nameAlg, at, (end - at) as u32);
    if (rc != TPM_RC_SUCCESS) return rc;
    at += 2 + digestSizeOf(nameAlg);
  }
  duplicateSensitive = at + 2;
  return checkSensitive(at, (end - at) as u32, TPM_RC_SIZE);
}

function checkInner(name: usize, nameAlg: u32, inner: usize, size: u32): u32 {
  if (size < 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
  if (get16(inner) > MAX_DIGEST_SIZE) return refuse(TPM_RC_SIZE, REFUSAL_PRIVATE_SIZES);
  if (get16(inner) > size - 2) return refuse(TPM_RC_INSUFFICIENT, REFUSAL_PRIVATE_SIZES);
  const mark = scratchMark();
  const expected = scratchTake(2 + MAX_DIGEST_SIZE);
  const head = 2 + get16(inner);
  innerIntegrity(nameAlg, name, inner + head, size - head, expected);
  const same = equal2B(expected, inner);
  scratchRelease(mark);
  return same ? TPM_RC_SUCCESS : refuse(TPM_RC_INTEGRITY, REFUSAL_PRIVATE_INTEGRITY);
}

/** CFB from a zero IV, whatever the mode of the structure. */
function cryptInner(symmetric: usize, innerKey: usize, data: usize, size: u32, encrypt: bool): void {
  const mark = scratchMark();
  const iv = scratchTake(MAX_SYM_BLOCK_SIZE);
  const algorithm = symAlgorithm(symmetric);
  const bits = symKeyBits(symmetric);
  if (encrypt) cfbEncrypt(algorithm, bytesOf2B(innerKey), bits, iv, data, size);
  else cfbDecrypt(algorithm, bytesOf2B(innerKey), bits, iv, data, size);
  scratchRelease(mark);
}
