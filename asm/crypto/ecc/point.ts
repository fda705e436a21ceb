// Points in Jacobian coordinates: (X, Y, Z) stands for x = X / Z^2, y = Y / Z^3, and Z = 0 for infinity (D. Hankerson,
// A. Menezes, S. Vanstone, "Guide to Elliptic Curve Cryptography", 3.2.2). A point is three numbers of SLOT bytes.
//
// Coordinates of a point are kept at 1 unit (signed fields) and below X < 34 p, Y < 18 p, Z < 2 p (unsigned fields); the
// comments on the right show, for each step, units and then multiples of p. See field.ts.
import { SLOT, aIsZero, baseX, baseY, curveB, fieldOne, limbs, modP, size, wipeSlot, wipePoint } from "./curve";
import { add, fromBytes, lessThan, setZero, toBytes } from "../bignum/limbs";
import { modulusValue } from "../bignum/montgomery";
import {
  fieldAdd,
  fieldCarry,
  fieldCopy,
  fieldInvert,
  fieldIsZeroPublic,
  fieldMultiply,
  fieldNegate,
  fieldSelect,
  fieldSquare,
  fieldSubtract,
  fieldSubtractWide,
  fieldZeroMask,
  fromField,
  toField,
  wipeField,
} from "./field";

export const POINT: usize = 336;
const Y: usize = SLOT;
const Z: usize = 2 * SLOT;

const t0: usize = memory.data(112, 16);
const t1: usize = memory.data(112, 16);
const t2: usize = memory.data(112, 16);
const t3: usize = memory.data(112, 16);
const t4: usize = memory.data(112, 16);
/** What the last addition found as the differences of the x and of the y coordinates. */
const h: usize = memory.data(112, 16);
const s: usize = memory.data(112, 16);
const sum: usize = memory.data(336, 16);
const twice: usize = memory.data(336, 16);

export function pointCopy(r: usize, p: usize): void {
  memory.copy(r, p, POINT);
}

function pointSelect(r: usize, p: usize, q: usize, mask: u32): void {
  fieldSelect(r, p, q, mask);
  fieldSelect(r + Y, p + Y, q + Y, mask);
  fieldSelect(r + Z, p + Z, q + Z, mask);
}

/** r = G. */
export function pointBase(r: usize): void {
  fieldCopy(r, baseX);
  fieldCopy(r + Y, baseY);
  fieldCopy(r + Z, fieldOne);
}

/** Negates p when mask is all ones. */
export function pointNegateIf(p: usize, mask: u32): void {
  fieldNegate(t0, p + Y);
  fieldSelect(p + Y, t0, p + Y, mask);
}

/** r = 2 p. r may be p. Infinity stays infinity, and no point of these curves has order 2. */
export function pointDouble(r: usize, p: usize): void {
  fieldAdd(t0, p + Y, p + Y);
  fieldCarry(t0); // 2 Y                                                  1        < 36 p
  if (aIsZero) fieldSquare(t1, p);
  else {
    fieldSquare(t1, p + Z);
    fieldSubtract(t2, p, t1); // X - Z^2                                  -1 .. 1  < 50 p
    fieldAdd(t3, p, t1); // X + Z^2                                       2        < 36 p
    fieldMultiply(t1, t2, t3);
  }
  fieldAdd(t2, t1, t1);
  fieldAdd(t2, t2, t1);
  fieldCarry(t2); // m = 3 X^2 + a Z^4                                    1        < 6 p
  fieldMultiply(t3, t0, p + Y); // 2 Y^2                                  1        < 2 p
  fieldMultiply(t4, p, t3); // 2 X Y^2                                    1        < 2 p
  fieldMultiply(r + Z, t0, p + Z); // 2 Y Z                               1        < 2 p
  fieldAdd(t4, t4, t4); // 4 X Y^2                                        2        < 4 p
  fieldSquare(t0, t2);
  fieldSubtract(t0, t0, t4);
  fieldSubtract(r, t0, t4); // m^2 - 8 X Y^2                              -4 .. 1  < 34 p
  fieldCarry(r);
  fieldSubtractWide(t4, t4, r); //                                        -1 .. 2  < 260 p
  fieldMultiply(t4, t2, t4);
  fieldSquare(t3, t3);
  fieldAdd(t3, t3, t3); // 8 Y^4                                          2        < 4 p
  fieldSubtract(r + Y, t4, t3); //                                        -2 .. 1  < 18 p
  fieldCarry(r + Y);
}

/**
 * r = p + q, for p and q that are neither equal nor infinity; the sum of p and -p comes out as infinity. r may be p or q.
 * Leaves h = 0 when the x are equal, s = 0 when the y are.
 */
export function pointAdd(r: usize, p: usize, q: usize): void {
  fieldSquare(t0, p + Z);
  fieldSquare(t1, q + Z);
  fieldMultiply(t2, p, t1); // U1                                         1        < 2 p
  fieldMultiply(h, q, t0); // U2
  fieldMultiply(t1, t1, q + Z);
  fieldMultiply(t1, t1, p + Y); // S1
  fieldMultiply(t0, t0, p + Z);
  fieldMultiply(s, t0, q + Y); // S2
  fieldMultiply(t0, p + Z, q + Z);
  fieldSubtract(h, h, t2); //                                             -1 .. 1  < 18 p
  fieldSubtract(s, s, t1); //                                             -1 .. 1  < 18 p
  fieldMultiply(r + Z, t0, h);
  addRest(r, t2, t1);
}

/** As pointAdd, for a q with Z = 1, whose Z is not looked at. r may be p. */
export function pointAddAffine(r: usize, p: usize, q: usize): void {
  fieldSquare(t0, p + Z);
  fieldMultiply(h, q, t0); // U2
  fieldMultiply(t0, t0, p + Z);
  fieldMultiply(s, t0, q + Y); // S2
  fieldSubtractWide(h, h, p); //                                          -1 .. 1  < 258 p
  fieldSubtractWide(s, s, p + Y); //                                      -1 .. 1  < 258 p
  fieldMultiply(r + Z, p + Z, h);
  addRest(r, p, p + Y);
}

/** The x and y of a sum from h, s and the first point's U1 and S1 (which may be r's X and Y). */
@inline
function addRest(r: usize, u1: usize, s1: usize): void {
  fieldSquare(t0, h); // h^2
  fieldMultiply(t3, u1, t0); // v = U1 h^2                                1        < 2 p
  fieldMultiply(t0, t0, h); // h^3
  fieldMultiply(t1, s1, t0); // S1 h^3
  fieldAdd(t0, t0, t3);
  fieldAdd(t0, t0, t3); // h^3 + 2 v                                      3        < 6 p
  fieldSquare(t4, s);
  fieldSubtract(r, t4, t0); //                                            -3 .. 1  < 18 p
  fieldCarry(r);
  fieldSubtractWide(t3, t3, r); //                                        -1 .. 1  < 258 p
  fieldMultiply(t3, t3, s);
  fieldSubtract(r + Y, t3, t1); //                                        -1 .. 1  < 18 p
  fieldCarry(r + Y);
}

/** r = p + q for any p and q, in constant time: both the sum and the double are made, and one is selected. */
export function pointAddComplete(r: usize, p: usize, q: usize): void {
  pointDouble(twice, p);
  pointAdd(sum, p, q);
  const equal = fieldZeroMask(h) & fieldZeroMask(s);
  const infinityP = fieldZeroMask(p + Z);
  const infinityQ = fieldZeroMask(q + Z);
  pointSelect(sum, twice, sum, equal);
  pointSelect(sum, p, sum, infinityQ);
  pointSelect(r, q, sum, infinityP);
}

/** r = p + q for any p and q; branches tell which case it is. For public points only. */
export function pointAddPublic(r: usize, p: usize, q: usize): void {
  if (fieldIsZeroPublic(p + Z)) pointCopy(r, q);
  else if (fieldIsZeroPublic(q + Z)) pointCopy(r, p);
  else {
    pointAdd(sum, p, q);
    if (fieldIsZeroPublic(h) && fieldIsZeroPublic(s)) pointDouble(r, p);
    else pointCopy(r, sum);
  }
}

/** r = r + q, q with Z = 1 (its Z is not looked at) and not infinity; branches as in pointAddPublic. */
export function pointAddAffinePublic(r: usize, q: usize): void {
  fieldCopy(twice, q);
  fieldCopy(twice + Y, q + Y);
  fieldCopy(twice + Z, fieldOne);
  if (fieldIsZeroPublic(r + Z)) {
    pointCopy(r, twice);
    return;
  }
  pointAddAffine(sum, r, q);
  if (fieldIsZeroPublic(h) && fieldIsZeroPublic(s)) pointDouble(r, twice);
  else pointCopy(r, sum);
}

/** Whether p is the point at infinity. */
export function pointIsInfinity(p: usize): bool {
  return fieldZeroMask(p + Z) != 0;
}

/** x and y (SLOT bytes each) of the point p in the form of the field, below 2 p. Infinity becomes (0, 0). */
export function pointToAffine(x: usize, y: usize, p: usize): void {
  fieldInvert(t0, p + Z);
  fieldSquare(t1, t0);
  fieldMultiply(t0, t1, t0);
  fieldMultiply(x, p, t1);
  fieldMultiply(y, p + Y, t0);
}

/** Writes x || y, `size` bytes each. @returns false, and writes zeros, for infinity. */
export function pointToBytes(out: usize, p: usize): bool {
  pointToAffine(t2, t3, p);
  fromField(t2, t2);
  fromField(t3, t3);
  toBytes(out, size, t2, limbs);
  toBytes(out + size, size, t3, limbs);
  return !pointIsInfinity(p);
}

/** r = the x of p, a tight number below the field's prime; 0 for infinity. */
export function pointX(r: usize, p: usize): void {
  pointToAffine(t2, t3, p);
  fromField(r, t2);
}

/**
 * r = the point x || y, `size` bytes each.
 * @returns false when a coordinate is not below p or the point is not on the curve; (0, 0) is not.
 */
export function pointFromBytes(r: usize, at: usize): bool {
  const n = modulusValue(modP);
  fromBytes(t0, limbs, at, size);
  fromBytes(t1, limbs, at + size, size);
  if ((lessThan(t0, n, limbs) & lessThan(t1, n, limbs)) == 0) return false;
  toField(r, t0);
  toField(r + Y, t1);
  fieldCopy(r + Z, fieldOne);
  // x (x^2 + a) + b
  fieldSquare(t0, r);
  if (!aIsZero) {
    fieldAdd(t1, fieldOne, fieldOne);
    fieldAdd(t1, t1, fieldOne);
    fieldSubtract(t0, t0, t1);
    fieldCarry(t0);
  }
  fieldMultiply(t0, t0, r);
  fieldAdd(t0, t0, curveB);
  fieldSquare(t1, r + Y);
  fieldSubtract(t1, t1, t0);
  return fieldZeroMask(t1) != 0;
}

/** Whether the x of p, taken modulo n, is the tight number v below n: X = v Z^2, or X = (v + n) Z^2 if v + n < p. */
export function pointHasX(p: usize, v: usize, n: usize): bool {
  fieldSquare(t0, p + Z);
  if (hasX(p, v)) return true;
  setZero(t4, limbs);
  add(t4, v, n, limbs);
  return lessThan(t4, modulusValue(modP), limbs) != 0 && hasX(p, t4);
}

/** X = v Z^2, with Z^2 in t0. */
function hasX(p: usize, v: usize): bool {
  toField(t1, v);
  fieldMultiply(t1, t1, t0);
  fieldSubtractWide(t1, t1, p);
  return fieldZeroMask(t1) != 0;
}

export function wipePoints(): void {
  wipeSlot(t0);
  wipeSlot(t1);
  wipeSlot(t2);
  wipeSlot(t3);
  wipeSlot(t4);
  wipeSlot(h);
  wipeSlot(s);
  wipePoint(sum);
  wipePoint(twice);
  wipeField();
}
