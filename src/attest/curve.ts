/**
 * Arithmetic on the specification's curves, for curves and schemes that WebCrypto does not have: noble's, with the parameters
 * of the specification. It only verifies: nothing here is secret, and the time that it takes tells nothing.
 */
import { mod } from "@noble/curves/abstract/modular.js";
import { type WeierstrassPoint, type WeierstrassPointCons, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { type CurveName, coordinateSize, curveName } from "../spec/algorithms.ts";
import { type CurveDomain, curveDomains } from "../spec/curveDomains.ts";

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

export interface Curve extends CurveDomain {
  readonly id: number;
  readonly name: CurveName;
  /** Octets of a coordinate, and of a number modulo the order. */
  readonly size: number;
}

/** @param id TPM_ECC_CURVE. @returns null for one that the specification does not have */
export function curveOf(id: number): Curve | null {
  const name = curveName(id);
  return name === undefined ? null : { ...curveDomains[name], id, name, size: coordinateSize(name) };
}

const groups = new Map<number, WeierstrassPointCons<bigint>>();

/** Made once for each curve: that takes longer than a signature. */
function groupOf({ id, p, a, b, n, x, y }: Curve): WeierstrassPointCons<bigint> {
  const group = groups.get(id) ?? weierstrass({ p, a, b, n, h: 1n, Gx: x, Gy: y });
  groups.set(id, group);
  return group;
}

/** Whether the point is one of the curve: its coordinates below p, its equation true. All of them are of the group, but infinity. */
export function isOnCurve(curve: Curve, { x, y }: Point): boolean {
  try {
    groupOf(curve).fromAffine({ x, y }).assertValidity();
    return true;
  } catch {
    return false;
  }
}

const affine = (point: WeierstrassPoint<bigint>): Point | null => (point.is0() ? null : point.toAffine());

/** [u] G + [v] Q, or null at infinity. @param u, v of any size; they are taken modulo the order. @param q on the curve */
export function doubleMultiply(curve: Curve, u: bigint, v: bigint, q: Point): Point | null {
  const group = groupOf(curve);
  return affine(group.BASE.mulAddUnsafe(mod(u, curve.n), group.fromAffine(q), mod(v, curve.n)));
}

/** [scalar] Q, in a time that does not tell the scalar. @param scalar 1 to n - 1. @param q on the curve; default: G */
export function multiply(curve: Curve, scalar: bigint, q: Point = curve): Point {
  return groupOf(curve).fromAffine({ x: q.x, y: q.y }).multiply(scalar).toAffine();
}
