// EC Schnorr signatures as a TPM makes them (TPM 2.0 Part 1, C.4.3): r = H(x of [k] G || digest), cut to as many bytes as
// the order has, s = k + r d modulo n. The x is written with as many bytes as the order.
//
// r goes into the signature as it is; a verifier refuses r >= n, so a k that gives one is not used.
import { equalMask, fromBytes, lessThan, setZero } from "../bignum/limbs";
import { modulusValue } from "../bignum/montgomery";
import { wipe } from "../bytes";
import { HASH_CONTEXT_SIZE, hashDigestSize, hashFinal, hashInit, hashUpdate } from "../hash";
import { baseMultiply } from "./comb";
import { limbs, modN, selectCurve, size, wipeSlot, wipePoint } from "./curve";
import { wipeEcc } from "./key";
import { pointFromBytes, pointIsInfinity, pointX } from "./point";
import {
  scalarAdd,
  scalarFromBytes,
  scalarMultiply,
  scalarRandom,
  scalarSubtract,
  scalarToBytes,
  scalarZeroMask,
} from "./scalar";
import { ECC_CURVE, ECC_HASH, ECC_POINT, ECC_RANDOM, ECC_SCALAR, ECC_SIGNATURE, ECC_SUCCESS } from "./status";
import { doubleMultiply, wipeVerify } from "./verify";

const d: usize = memory.data(112, 16);
const k: usize = memory.data(112, 16);
const r: usize = memory.data(112, 16);
const s: usize = memory.data(112, 16);
const point: usize = memory.data(336, 16);
const key: usize = memory.data(336, 16);
const x: usize = memory.data(80, 16);
const digestOfX: usize = memory.data(64, 16);
const context: usize = memory.data(224, 16);

/** value = H(x of `point` || digest), cut to the size of the order. */
function challenge(value: usize, algorithm: u32, digest: usize, digestSize: u32): void {
  pointX(value, point);
  scalarToBytes(x, value);
  hashInit(context, algorithm);
  hashUpdate(context, x, size);
  hashUpdate(context, digest, digestSize);
  fromBytes(value, limbs, digestOfX, min(hashFinal(context, digestOfX), size));
}

/** Signs a digest of any size; r and s have eccSize(curve) bytes each. */
export function ecschnorrSign(
  curve: u32,
  privateScalar: usize,
  drbg: usize,
  algorithm: u32,
  digest: usize,
  digestSize: u32,
  signatureR: usize,
  signatureS: usize,
): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  if (hashDigestSize(algorithm) == 0) return ECC_HASH;
  let status = ECC_SCALAR;
  if (scalarFromBytes(d, privateScalar) != 0) {
    let again = true;
    while (again) {
      if (!scalarRandom(k, drbg)) {
        status = ECC_RANDOM;
        break;
      }
      baseMultiply(point, k);
      challenge(r, algorithm, digest, digestSize);
      again = scalarZeroMask(r) != 0 || lessThan(r, modulusValue(modN), limbs) == 0;
      if (again) continue;
      scalarMultiply(s, r, d);
      scalarAdd(s, s, k);
      again = scalarZeroMask(s) != 0;
      status = ECC_SUCCESS;
    }
    if (status == ECC_SUCCESS) {
      scalarToBytes(signatureR, r);
      scalarToBytes(signatureS, s);
    }
  }
  finish();
  return status;
}

/** ECC_SUCCESS for a good signature, ECC_POINT for a bad key, else ECC_SIGNATURE: [s] G - [r] Q gives r again. */
export function ecschnorrVerify(
  curve: u32,
  publicPoint: usize,
  algorithm: u32,
  digest: usize,
  digestSize: u32,
  signatureR: usize,
  signatureS: usize,
): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  if (hashDigestSize(algorithm) == 0) return ECC_HASH;
  let status = ECC_POINT;
  if (pointFromBytes(key, publicPoint)) {
    status = ECC_SIGNATURE;
    if ((scalarFromBytes(r, signatureR) & scalarFromBytes(s, signatureS)) != 0) {
      setZero(k, limbs);
      scalarSubtract(k, k, r);
      doubleMultiply(point, s, k, key);
      if (!pointIsInfinity(point)) {
        challenge(k, algorithm, digest, digestSize);
        if (equalMask(k, r, limbs) != 0) status = ECC_SUCCESS;
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
  wipeSlot(r);
  wipeSlot(s);
  wipePoint(point);
  wipePoint(key);
  memory.fill(x, 0, 80);
  memory.fill(digestOfX, 0, 64);
  wipe(context, HASH_CONTEXT_SIZE);
  wipeEcc();
}
