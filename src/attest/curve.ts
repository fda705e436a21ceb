/**
 * Arithmetic on the specification's curves, for curves and schemes that WebCrypto does not have. It only verifies: nothing here is
 * secret, and the time that it takes tells nothing.
 */
import { type CurveName, TPM_ECC } from "../spec/algorithms.ts";
import { type CurveDomain, curveDomains } from "../spec/curveDomains.ts";

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** In Jacobian coordinates: x / z^2, y / z^3. z is 0 at infinity. */
type Jacobian = readonly [x: bigint, y: bigint, z: bigint];
const INFINITY: Jacobian = [1n, 1n, 0n];

export interface Curve extends CurveDomain {
  /** Octets of a coordinate, and of a number modulo the order. */
  readonly size: number;
}

const sizeOf = (value: bigint): number => Math.ceil(value.toString(2).length / 8);

/** @param id TPM_ECC_CURVE. @returns null for one that the specification does not have */
export function curveOf(id: number): Curve | null {
  const name = (Object.keys(curveDomains) as CurveName[]).find((each) => TPM_ECC[each] === id);
  return name === undefined ? null : { ...curveDomains[name], size: sizeOf(curveDomains[name].p) };
}

/** Never negative. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** By Euclid. @param value not a multiple of the modulus, which is prime */
export function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [modulo(value, modulus), modulus];
  let [x, y] = [1n, 0n];
  while (a !== 0n) {
    const quotient = b / a;
    [a, b] = [b - quotient * a, a];
    [x, y] = [y - quotient * x, x];
  }
  return modulo(y, modulus);
}

/** Whether the point is one of the curve: its coordinates below p, its equation true. All of them are of the group, but infinity. */
export function isOnCurve({ p, a, b }: CurveDomain, { x, y }: Point): boolean {
  return x >= 0n && x < p && y >= 0n && y < p && modulo(y * y - (x * x * x + a * x + b), p) === 0n;
}

function double({ p, a }: CurveDomain, [x, y, z]: Jacobian): Jacobian {
  if (z === 0n || y === 0n) return INFINITY;
  const yy = modulo(y * y, p);
  const s = modulo(4n * x * yy, p);
  const m = modulo(3n * x * x + a * z ** 4n, p);
  const x3 = modulo(m * m - 2n * s, p);
  return [x3, modulo(m * (s - x3) - 8n * yy * yy, p), modulo(2n * y * z, p)];
}

function add(curve: CurveDomain, one: Jacobian, other: Jacobian): Jacobian {
  const [x1, y1, z1] = one;
  const [x2, y2, z2] = other;
  if (z1 === 0n) return other;
  if (z2 === 0n) return one;
  const { p } = curve;
  const [zz1, zz2] = [modulo(z1 * z1, p), modulo(z2 * z2, p)];
  const [u1, s1] = [modulo(x1 * zz2, p), modulo(y1 * zz2 * z2, p)];
  const h = modulo(x2 * zz1 - u1, p);
  const r = modulo(y2 * zz1 * z1 - s1, p);
  if (h === 0n) return r === 0n ? double(curve, one) : INFINITY;
  const hh = modulo(h * h, p);
  const v = modulo(u1 * hh, p);
  const x3 = modulo(r * r - hh * h - 2n * v, p);
  return [x3, modulo(r * (v - x3) - s1 * hh * h, p), modulo(h * z1 * z2, p)];
}

/** [u] G + [v] Q, or null at infinity. @param u, v not negative */
export function doubleMultiply(curve: CurveDomain, u: bigint, v: bigint, q: Point): Point | null {
  const base: Jacobian = [curve.x, curve.y, 1n];
  const key: Jacobian = [q.x, q.y, 1n];
  const both = add(curve, base, key);
  let sum = INFINITY;
  for (let bit = BigInt(Math.max(u.toString(2).length, v.toString(2).length) - 1); bit >= 0n; bit--) {
    sum = double(curve, sum);
    const [ofU, ofV] = [(u >> bit) & 1n, (v >> bit) & 1n];
    if (ofU || ofV) sum = add(curve, sum, ofU && ofV ? both : ofU ? base : key);
  }
  const [x, y, z] = sum;
  if (z === 0n) return null;
  const reciprocal = inverse(z, curve.p);
  return { x: modulo(x * reciprocal ** 2n, curve.p), y: modulo(y * reciprocal ** 3n, curve.p) };
}
