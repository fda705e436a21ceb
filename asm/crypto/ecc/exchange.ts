// Key exchange with two key pairs on each side: full MQV (SP 800-56A rev 3, 5.7.2.3.1) and SM2 (GM/T 0003.3, 6.1). Both
// give the shared point; all cofactors are 1. (The Diffie-Hellman form of it is eccMultiply twice.)
//   MQV   Z = [e + avf(E) d] (E' + [avf(E')] D'),  avf(P) = 2^w + (x of P modulo 2^w), w = ceil(bits of n / 2)
//   SM2   Z = [d + avf(E) e] (D' + [avf(E')] E'),  w = ceil(bits of n / 2) - 1
// where d, e are our static and ephemeral keys, D, E their points, and D', E' those of the other side.
import { LIMB_BITS, zeroMask } from "../bignum/limbs";
import { baseMultiply } from "./comb";
import { limbs, orderBits, selectCurve, wipeSlot, wipePoint } from "./curve";
import { fromField } from "./field";
import { wipeEcc } from "./key";
import { pointMultiply } from "./multiply";
import { pointAddComplete, pointFromBytes, pointIsInfinity, pointToBytes, pointX } from "./point";
import { scalarAdd, scalarFromBytes, scalarMultiply, scalarReduce } from "./scalar";
import { ECC_CURVE, ECC_NO_RESULT, ECC_POINT, ECC_SCALAR, ECC_SUCCESS } from "./status";

const d: usize = memory.data(112, 16);
const e: usize = memory.data(112, 16);
const implicit: usize = memory.data(112, 16);
const associated: usize = memory.data(112, 16);
const staticPoint: usize = memory.data(336, 16);
const ephemeralPoint: usize = memory.data(336, 16);
const point: usize = memory.data(336, 16);

/** a = 2^w + (a modulo 2^w). */
function associate(a: usize, w: u32): void {
  const limb = w / LIMB_BITS;
  const bit: u32 = 1 << (w % LIMB_BITS);
  for (let i = limb + 1; i < limbs; i++) store<u32>(a + (i << 2), 0);
  store<u32>(a + (limb << 2), (load<u32>(a + (limb << 2)) & (bit - 1)) | bit);
}

/**
 * sharedPoint = Z of full MQV. The private scalars are ours, the points theirs.
 * @returns ECC_POINT, ECC_SCALAR, or ECC_NO_RESULT when Z is infinity.
 */
export function ecmqv(
  curve: u32,
  staticScalar: usize,
  ephemeralScalar: usize,
  theirStatic: usize,
  theirEphemeral: usize,
  sharedPoint: usize,
): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  const w = (orderBits + 1) >>> 1;
  return exchange(staticScalar, ephemeralScalar, theirStatic, theirEphemeral, sharedPoint, w, false);
}

/**
 * sharedPoint = the point U of the SM2 key exchange; parameters and answers as for ecmqv.
 * @param w 0 for the standard's; TPM implementations after the TCG's reference code use one bit less
 */
export function sm2KeyExchange(
  curve: u32,
  staticScalar: usize,
  ephemeralScalar: usize,
  theirStatic: usize,
  theirEphemeral: usize,
  sharedPoint: usize,
  w: u32,
): u32 {
  if (!selectCurve(curve)) return ECC_CURVE;
  if (w == 0 || w >= orderBits) w = ((orderBits + 1) >>> 1) - 1;
  return exchange(staticScalar, ephemeralScalar, theirStatic, theirEphemeral, sharedPoint, w, true);
}

function exchange(
  staticScalar: usize,
  ephemeralScalar: usize,
  theirStatic: usize,
  theirEphemeral: usize,
  sharedPoint: usize,
  w: u32,
  sm2: bool,
): u32 {
  let status = ECC_POINT;
  if (pointFromBytes(staticPoint, theirStatic) && pointFromBytes(ephemeralPoint, theirEphemeral)) {
    status = ECC_SCALAR;
    if ((scalarFromBytes(d, staticScalar) & scalarFromBytes(e, ephemeralScalar)) != 0) {
      status = share(sharedPoint, w, sm2);
    }
  }
  wipeSlot(d);
  wipeSlot(e);
  wipeSlot(implicit);
  wipeSlot(associated);
  wipePoint(staticPoint);
  wipePoint(ephemeralPoint);
  wipePoint(point);
  wipeEcc();
  return status;
}

/** One key counts once, the other as often as the associated value says: MQV weighs the static, SM2 the ephemeral. */
function share(sharedPoint: usize, w: u32, sm2: bool): u32 {
  const weighed = sm2 ? ephemeralPoint : staticPoint;
  const plain = sm2 ? staticPoint : ephemeralPoint;
  baseMultiply(point, e);
  pointX(associated, point);
  associate(associated, w);
  scalarReduce(associated, associated);
  scalarMultiply(implicit, associated, sm2 ? e : d);
  scalarAdd(implicit, implicit, sm2 ? d : e);
  // Z = 1 still, so the form of the field is all that is between X and x.
  fromField(associated, ephemeralPoint);
  associate(associated, w);
  scalarReduce(associated, associated);
  if (zeroMask(implicit, limbs) != 0 || zeroMask(associated, limbs) != 0) return ECC_NO_RESULT;
  pointMultiply(point, associated, weighed);
  pointAddComplete(point, point, plain);
  if (pointIsInfinity(point)) return ECC_NO_RESULT;
  pointMultiply(staticPoint, implicit, point);
  return pointToBytes(sharedPoint, staticPoint) ? ECC_SUCCESS : ECC_NO_RESULT;
}
