// Points and private scalars of ECC objects between the wire and the kernels, which want numbers of the curve's size.
import { ECC_SUCCESS, eccCheckPoint, eccSize } from "../../crypto/ecc/index";
import {
  TPM_ALG_ECC,
  TPM_RC_ATTRIBUTES,
  TPM_RC_KEY,
  TPM_RC_SUCCESS,
  TPMA_OBJECT_DECRYPT,
  TPMA_OBJECT_RESTRICTED,
} from "../../generated/constants";
import { REFUSAL_KEY_ATTRIBUTES, REFUSAL_KEY_TYPE } from "../../generated/refusals";
import {
  bytesOf2B,
  MAX_ECC_KEY_BYTES,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  writeBytes,
  writeU16,
} from "../../base/index";
import { OBJECT_SENSITIVE, objectType, publicOf } from "./object";
import { attributesOf, curveOf, uniqueOf } from "./publicArea";

/** Bytes that a point x || y needs at most. */
export const POINT_ROOM: u32 = 2 * MAX_ECC_KEY_BYTES;

/** The object is an ECC key for key exchange: it decrypts, and is no parent. @returns a response code without number. */
export function checkExchangeKey(object: usize): u32 {
  if (objectType(object) != TPM_ALG_ECC) return refuse(TPM_RC_KEY, REFUSAL_KEY_TYPE, TPM_ALG_ECC);
  const attributes = attributesOf(publicOf(object));
  const exchanges = !(attributes & TPMA_OBJECT_RESTRICTED) && (attributes & TPMA_OBJECT_DECRYPT) != 0;
  return exchanges ? TPM_RC_SUCCESS : refuse(TPM_RC_ATTRIBUTES, REFUSAL_KEY_ATTRIBUTES, attributes);
}

/** TPMS_ECC_POINT of a TPM2B_ECC_POINT. */
@inline
export function pointOf2B(point: usize): usize {
  return point + 2;
}

/** The public point of an ECC object as x || y; false when a coordinate is longer than the curve's. */
export function publicPointOf(object: usize, out: usize): bool {
  const area = publicOf(object);
  return pointFromWire(curveOf(area), uniqueOf(area), out);
}

/** The private scalar of an ECC object, eccSize(curve) bytes; false without one. */
export function privateScalarOf(object: usize, out: usize): bool {
  return toFixedSize(object + OBJECT_SENSITIVE, out, eccSize(curveOf(publicOf(object))));
}

/** TPM2B_ECC_POINT of x || y. */
export function writePoint(curve: u32, point: usize): void {
  const size = eccSize(curve);
  writeU16(2 * (2 + size));
  writeU16(size);
  writeBytes(point, size);
  writeU16(size);
  writeBytes(point + size, size);
}

/** TPM2B_ECC_POINT with two Empty Buffers as coordinates. */
export function writeEmptyPoint(): void {
  writeU16(4);
  writeU16(0);
  writeU16(0);
}

/** A TPM2B number as `size` bytes at `out`; false when it needs more. */
export function toFixedSize(number: usize, out: usize, size: u32): bool {
  let from = bytesOf2B(number);
  let left = sizeOf2B(number);
  while (left > size && load<u8>(from) == 0) {
    from++;
    left--;
  }
  if (left > size) return false;
  memory.fill(out, 0, size - left);
  memory.copy(out + size - left, from, left);
  return true;
}

/** TPMS_ECC_POINT as x || y of the curve's size at `out`; false when a coordinate is longer. */
export function pointFromWire(curve: u32, point: usize, out: usize): bool {
  const size = eccSize(curve);
  return toFixedSize(point, out, size) && toFixedSize(point + 2 + sizeOf2B(point), out + size, size);
}

/** TPMS_ECC_POINT is a point of the curve. */
export function pointIsOnCurve(curve: u32, point: usize): bool {
  const mark = scratchMark();
  const fixed = scratchTake(2 * MAX_ECC_KEY_BYTES);
  const good = pointFromWire(curve, point, fixed) && eccCheckPoint(curve, fixed) == ECC_SUCCESS;
  scratchRelease(mark);
  return good;
}
