// Points, keys and products: what ECDH (SP 800-56A, 5.7.1.2) and the commands around points are made of.
import { modulusValue } from "../bignum/montgomery";
import { baseMultiply, wipeComb } from "./comb";
import { fieldBits, modP, selectCurve, size, wipeSlot, wipePoint } from "./curve";
import { pointMultiply, wipeMultiply } from "./multiply";
import { pointFromBytes, pointToBytes, wipePoints } from "./point";
import { reduceBytes, scalarFromBytes, scalarFromRandom, scalarRandom, scalarToBytes, wipeScalars } from "./scalar";
import { ECC_CURVE, ECC_NO_RESULT, ECC_POINT, ECC_RANDOM, ECC_SCALAR, ECC_SUCCESS } from "./status";

const scalar: usize = memory.data(112, 16);
const point: usize = memory.data(336, 16);
const result: usize = memory.data(336, 16);

/**
 * Wipes the scratch of this folder that secrets pass through. It must be done after every operation for another reason,
 * too: numbers have zeros above their limbs, and the next curve may have fewer limbs.
 */
export function wipeEcc(): void {
  wipePoints();
  wipeScalars();
  wipeMultiply();
  wipeComb();
}

/** Bytes of a coordinate and of a scalar; 0 when the curve is not implemented. */
export function eccSize(curve: u32): u32 {
  return selectCurve(curve) ? size : 0;
}

/** Bits of the field, which are those of the order too; 0 when the curve is not implemented. */
export function eccBits(curve: u32): u32 {
  return selectCurve(curve) ? fieldBits : 0;
}

/** Whether x || y is a point of the curve: ECC_SUCCESS or ECC_POINT. */
export function eccCheckPoint(curve: u32, at: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  const good = pointFromBytes(point, at);
  finish();
  return good ? ECC_SUCCESS : ECC_POINT;
}

/** Whether a scalar is in 1 .. n - 1: ECC_SUCCESS or ECC_SCALAR. Constant time for valid ones. */
export function eccCheckScalar(curve: u32, at: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  const good = scalarFromBytes(scalar, at);
  finish();
  return good != 0 ? ECC_SUCCESS : ECC_SCALAR;
}

/** publicPoint = [privateScalar] G. */
export function eccPublicPoint(curve: u32, privateScalar: usize, publicPoint: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  let status = ECC_SCALAR;
  if (scalarFromBytes(scalar, privateScalar) != 0) {
    baseMultiply(result, scalar);
    pointToBytes(publicPoint, result);
    status = ECC_SUCCESS;
  }
  finish();
  return status;
}

/** A key pair by extra random bits (FIPS 186-4, B.4.1): size + 8 bytes of the generator modulo n - 1, plus 1. */
export function eccGenerateKey(curve: u32, drbg: usize, privateScalar: usize, publicPoint: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  let status = ECC_RANDOM;
  if (scalarRandom(scalar, drbg)) {
    baseMultiply(result, scalar);
    scalarToBytes(privateScalar, scalar);
    pointToBytes(publicPoint, result);
    status = ECC_SUCCESS;
  }
  finish();
  return status;
}

/** A key pair from eccSize(curve) + 8 bytes of the caller's, modulo n - 1, plus 1: for keys that are derived. */
export function eccKeyFromRandom(curve: u32, bytes: usize, privateScalar: usize, publicPoint: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  scalarFromRandom(scalar, bytes);
  baseMultiply(result, scalar);
  scalarToBytes(privateScalar, scalar);
  pointToBytes(publicPoint, result);
  finish();
  return ECC_SUCCESS;
}

/** Only the scalar that eccKeyFromRandom makes of the same bytes. */
export function eccScalarFromRandom(curve: u32, bytes: usize, privateScalar: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  scalarFromRandom(scalar, bytes);
  scalarToBytes(privateScalar, scalar);
  finish();
  return ECC_SUCCESS;
}

/**
 * product = [k] P for secret k. The Diffie-Hellman value is its x.
 * @returns ECC_POINT when P is not on the curve, ECC_SCALAR when k is not in 1 .. n - 1.
 */
export function eccMultiply(curve: u32, k: usize, p: usize, product: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  let status = ECC_POINT;
  if (pointFromBytes(point, p)) {
    status = ECC_SCALAR;
    if (scalarFromBytes(scalar, k) != 0) {
      pointMultiply(result, scalar, point);
      status = pointToBytes(product, result) ? ECC_SUCCESS : ECC_NO_RESULT;
    }
  }
  finish();
  return status;
}

/** r = a big-endian number of any size modulo p: how a hash becomes an x (TPM2_Commit). */
export function eccReduceToField(curve: u32, number: usize, numberSize: u32, r: usize): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  reduceBytes(scalar, number, numberSize, modulusValue(modP));
  scalarToBytes(r, scalar);
  finish();
  return ECC_SUCCESS;
}

function finish(): void {
  wipeSlot(scalar);
  wipePoint(point);
  wipePoint(result);
  wipeEcc();
}
