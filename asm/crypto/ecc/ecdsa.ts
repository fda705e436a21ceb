// ECDSA (FIPS 186-5, 6.4), with the per-message secret by extra random bits (A.3.1).
import { baseMultiply } from "./comb";
import { modN, selectCurve, wipeSlot, wipePoint } from "./curve";
import { wipeEcc } from "./key";
import { pointFromBytes, pointHasX, pointIsInfinity, pointX } from "./point";
import {
  scalarAdd,
  scalarFromBytes,
  scalarFromDigest,
  scalarInvert,
  scalarMultiply,
  scalarRandom,
  scalarReduce,
  scalarToBytes,
  scalarZeroMask,
} from "./scalar";
import { ECC_CURVE, ECC_POINT, ECC_RANDOM, ECC_SCALAR, ECC_SIGNATURE, ECC_SUCCESS } from "./status";
import { doubleMultiply, wipeVerify } from "./verify";
import { modulusValue } from "../bignum/montgomery";

const d: usize = memory.data(112, 16);
const k: usize = memory.data(112, 16);
const e: usize = memory.data(112, 16);
const r: usize = memory.data(112, 16);
const s: usize = memory.data(112, 16);
const point: usize = memory.data(336, 16);
const key: usize = memory.data(336, 16);

/** Signs a digest of any size with the key `privateScalar`; r and s have eccSize(curve) bytes each. */
export function ecdsaSign(
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
    scalarFromDigest(e, digest, digestSize);
    do {
      if (!scalarRandom(k, drbg)) {
        status = ECC_RANDOM;
        break;
      }
      baseMultiply(point, k);
      pointX(r, point);
      scalarReduce(r, r);
      // s = (e + r d) / k
      scalarMultiply(s, r, d);
      scalarAdd(s, s, e);
      scalarInvert(k, k);
      scalarMultiply(s, s, k);
      status = ECC_SUCCESS;
    } while ((scalarZeroMask(r) | scalarZeroMask(s)) != 0);
    if (status == ECC_SUCCESS) {
      scalarToBytes(signatureR, r);
      scalarToBytes(signatureS, s);
    }
  }
  finish();
  return status;
}

/** ECC_SUCCESS for a good signature of `publicPoint` on the digest, ECC_POINT for a bad key, else ECC_SIGNATURE. */
export function ecdsaVerify(
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
      scalarFromDigest(e, digest, digestSize);
      scalarInvert(s, s);
      scalarMultiply(e, e, s);
      scalarMultiply(s, s, r);
      doubleMultiply(point, e, s, key);
      if (!pointIsInfinity(point) && pointHasX(point, r, modulusValue(modN))) status = ECC_SUCCESS;
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
  wipePoint(point);
  wipePoint(key);
  wipeEcc();
}
