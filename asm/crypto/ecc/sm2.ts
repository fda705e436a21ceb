// SM2 signatures (GM/T 0003.2, ISO/IEC 14888-3) on the digest e, which the caller has made of the signer's identity and
// the message; it may have any size and is taken as a number modulo n. Works on every curve here.
import { equalMask, setZero } from "../bignum/limbs";
import { baseMultiply } from "./comb";
import { limbs, selectCurve, wipeSlot, wipePoint } from "./curve";
import { wipeEcc } from "./key";
import { pointFromBytes, pointIsInfinity, pointX } from "./point";
import {
  scalarAdd,
  scalarFromBytes,
  scalarFromWide,
  scalarInvert,
  scalarMultiply,
  scalarRandom,
  scalarReduce,
  scalarSubtract,
  scalarToBytes,
  scalarZeroMask,
} from "./scalar";
import { ECC_CURVE, ECC_POINT, ECC_RANDOM, ECC_SCALAR, ECC_SIGNATURE, ECC_SUCCESS } from "./status";
import { doubleMultiply, wipeVerify } from "./verify";

const d: usize = memory.data(112, 16);
const k: usize = memory.data(112, 16);
const e: usize = memory.data(112, 16);
const r: usize = memory.data(112, 16);
const s: usize = memory.data(112, 16);
const t: usize = memory.data(112, 16);
const point: usize = memory.data(336, 16);
const key: usize = memory.data(336, 16);

/** Signs e; r and s have eccSize(curve) bytes each. The key must be in 1 .. n - 2, or the answer is ECC_SCALAR. */
export function sm2Sign(
  curve: u32,
  privateScalar: usize,
  drbg: usize,
  digest: usize,
  digestSize: u32,
  signatureR: usize,
  signatureS: usize,
): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  let status = ECC_SCALAR;
  if (scalarFromBytes(d, privateScalar) != 0) {
    // t = 1 + d, 0 for the one key that has no inverse.
    setZero(t, limbs);
    store<u32>(t, 1);
    scalarAdd(t, t, d);
    if (scalarZeroMask(t) == 0) {
      scalarInvert(t, t);
      scalarFromWide(e, digest, digestSize);
      status = sign(drbg);
      if (status == ECC_SUCCESS) {
        scalarToBytes(signatureR, r);
        scalarToBytes(signatureS, s);
      }
    }
  }
  finish();
  return status;
}

function sign(drbg: usize): u32 {
  do {
    do {
      if (!scalarRandom(k, drbg)) return ECC_RANDOM;
      baseMultiply(point, k);
      pointX(r, point);
      scalarReduce(r, r);
      scalarAdd(r, r, e);
      scalarAdd(s, r, k);
    } while ((scalarZeroMask(r) | scalarZeroMask(s)) != 0);
    // s = (k - r d) / (1 + d)
    scalarMultiply(s, r, d);
    scalarSubtract(s, k, s);
    scalarMultiply(s, s, t);
  } while (scalarZeroMask(s) != 0);
  return ECC_SUCCESS;
}

/** ECC_SUCCESS for a good signature on e, ECC_POINT for a bad key, else ECC_SIGNATURE. */
export function sm2Verify(
  curve: u32,
  publicPoint: usize,
  digest: usize,
  digestSize: u32,
  signatureR: usize,
  signatureS: usize,
): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  let status = ECC_POINT;
  if (pointFromBytes(key, publicPoint)) {
    status = ECC_SIGNATURE;
    if ((scalarFromBytes(r, signatureR) & scalarFromBytes(s, signatureS)) != 0) {
      scalarAdd(t, r, s);
      if (scalarZeroMask(t) == 0) {
        scalarFromWide(e, digest, digestSize);
        doubleMultiply(point, s, t, key);
        if (!pointIsInfinity(point)) {
          pointX(k, point);
          scalarReduce(k, k);
          scalarAdd(k, k, e);
          if (equalMask(k, r, limbs) != 0) status = ECC_SUCCESS;
        }
      }
    }
  }
  wipeVerify();
  finish();
  return status;
}

function finish(): void {
  wipeSlot(d);
  wipeSlot(k);
  wipeSlot(e);
  wipeSlot(r);
  wipeSlot(s);
  wipeSlot(t);
  wipePoint(point);
  wipePoint(key);
  wipeEcc();
}
