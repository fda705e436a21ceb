// Points of NIST P-256 in Jacobian coordinates, with the multiplications of an addition or a doubling done two at a time
// (p256Pair.ts): the formulas of point.ts, arranged in levels of two products that do not need each other. For the build with
// relaxed SIMD.
//
// A point is two pairs, PAIR_POINT bytes: (X, anything) and (Y, Z). Coordinates are settled. X, Y and Z of a sum or double are
// at most p / 2 and a little in absolute value (fold), those that come from outside below 1.1 p. The comments on the
// right are bounds in multiples of p: a product of numbers below A p and B p is below 1 + A B / 15.
//
// Neither formula looks for exceptions. Z stays 0 modulo p from the first on: twice infinity has Z = 0, and so has a sum when
// one of the two is infinity, and when the x are equal. So who may look at the end (public points) need not look before.
import {
  BOTH,
  HIGH_HIGH,
  HIGH_LOW,
  KEEP,
  LESS_KEPT,
  LOW_HIGH,
  LOW_LOW,
  PLUS_KEPT,
  TRIPLE,
  pairProduct,
  pairSquareOf,
} from "./p256Pair";
import { PAIR, carry, fold, fuse, lane1Vector, settle } from "./p256PairSettle";

export const PAIR_POINT: usize = 2 * PAIR;

/** (-1, 1). */
const signs: usize = memory.data<f64>([-1, 1]);

/** 1 in the form of pairs, 2^260 modulo p, in lane 0. */
const ones: usize = memory.data<f64>([16, 0, -281474976710656, 0, 0, 0, -1099511627776, 0, 1048576, 0]);

/** What a level needs of the ones before, settled. */
const squares: usize = memory.data(80, 16);
const left: usize = memory.data(80, 16);
const right: usize = memory.data(80, 16);
const product: usize = memory.data(80, 16);
const sums: usize = memory.data(80, 16);
const differences: usize = memory.data(80, 16);
/** The same as columns. */
const kept: usize = memory.data(80, 16);
const columns: usize = memory.data(80, 16);
const last: usize = memory.data(80, 16);

/** r = a b, the columns of which are left in t. */
export function pairMultiply(r: usize, t: usize, a: usize, b: usize): void {
  pairProduct(r, KEEP, t, BOTH, a, a, BOTH, b, b);
}

/** r = a^2, the columns of which are left in t. */
export function pairSquare(r: usize, t: usize, a: usize): void {
  pairSquareOf(r, KEEP, t, BOTH, a, a);
}

/** r = 2 p. r may be p. */
export function pairDouble(r: usize, p: usize): void {
  const yz = p + PAIR;
  // g = Y^2, d = Z^2                                                     < 1.1, 1.1
  pairSquare(squares, columns, yz);
  distances(differences, p, squares); // d - X, d + X                     < 2.2
  // b = X Y^2, Z^4 - X^2: 8 b, 12 b; -, -m = -3 (X^2 - Z^4)              < 1.1, 1.4; 4.2
  pairProduct(product, TRIPLE, kept, LOW_LOW, squares, differences, LOW_HIGH, p, differences);
  // m^2, Y^4: X' = m^2 - 8 b, X' - 4 b; -8 Y^4                           < 2.2, 1.1
  pairSquareOf(r, LESS_KEPT, kept, HIGH_LOW, product, squares);
  // m (4 b - X'), Z Y: Y' = m (4 b - X') - 8 Y^4, Z' = 2 Z Y             < 1.2, 1.1
  pairProduct(r + PAIR, PLUS_KEPT, kept, HIGH_HIGH, product, yz, HIGH_LOW, r, yz);
}

/** r = (z1 - x0, z1 + x0). */
@inline
function distances(r: usize, x: usize, z: usize): void {
  const sign = v128.load(signs);
  carry(
    r,
    distance(v128.load(x), v128.load(z), sign),
    distance(v128.load(x, 16), v128.load(z, 16), sign),
    distance(v128.load(x, 32), v128.load(z, 32), sign),
    distance(v128.load(x, 48), v128.load(z, 48), sign),
    distance(v128.load(x, 64), v128.load(z, 64), sign),
  );
}

@inline
function distance(x: v128, z: v128, sign: v128): v128 {
  return fuse(v128.shuffle<u64>(x, x, 0, 2), sign, v128.shuffle<u64>(z, z, 1, 3));
}

/**
 * r = p + q, for p and q that are neither equal nor infinity; the sum of p and -p comes out as infinity. r may be p.
 * With h = x2 - x1 and s = y2 - y1 over the common denominator, it is -h that is made, and (X', -Y', -Z') that comes out.
 */
export function pairAdd(r: usize, p: usize, q: usize): void {
  const yz = p + PAIR, yzOfQ = q + PAIR;
  highHigh(left, yz, yzOfQ);
  pairSquare(squares, columns, left); // Z1^2, Z2^2                       < 1.1
  lowLow(right, q, p);
  pairMultiply(product, kept, squares, right); // U2 = X2 Z1^2, U1 = X1 Z2^2
  pairMultiply(left, columns, squares, left); // Z1^3, Z2^3               < 1.1
  lowLow(right, yzOfQ, yz);
  pairMultiply(sums, columns, left, right); // S2 = Y2 Z1^3, S1 = Y1 Z2^3
  settleDifferences(differences, kept); // -h = U1 - U2, s = S2 - S1      < 2.2
  pairSquare(squares, kept, differences); // h^2, s^2                     < 1.4
  lowHigh(left, differences, product);
  lowLow(right, squares, squares);
  pairMultiply(product, columns, left, right); // -h^3, v = U1 h^2        < 1.3
  foldSum(r, kept); // X' = s^2 - h^3 - 2 v, X' - v
  highHigh(left, yz, sums);
  highLow(right, yzOfQ, product);
  pairMultiply(sums, kept, left, right); // Z1 Z2, -S1 h^3                < 1.1
  highLow(left, differences, sums);
  highLow(right, r, differences);
  pairMultiply(left, columns, left, right); // s (X' - v), -Z1 Z2 h       < 1.2
  foldSumY(r + PAIR, kept); // -Y' = s (X' - v) + S1 h^3, -Z' = -Z1 Z2 h
}

/**
 * The same for a q with Z = 1, given as the pair (X, Y) alone: eight multiplications and three squares, one of them twice.
 */
export function pairAddAffine(r: usize, p: usize, q: usize): void {
  const yz = p + PAIR;
  highHigh(left, yz, yz);
  pairSquare(squares, columns, left); // Z1^2                             < 1.1
  lowHigh(left, q, yz);
  pairMultiply(product, columns, left, squares); // U2 = X2 Z1^2, Z1^3    < 1.1
  lane1AndDifference(right, product, p, product); // Z1^3, -h = X1 - U2   < 2.2
  highHigh(left, q, yz);
  pairMultiply(sums, last, left, right); // S2 = Y2 Z1^3, -Z1 h           < 1.2
  lane1AndDifference(differences, right, sums, yz); // -h, s = S2 - Y1    < 2.2
  pairSquare(squares, kept, differences); // h^2, s^2                     < 1.4
  lowLow(left, differences, p);
  lowLow(right, squares, squares);
  pairMultiply(product, columns, left, right); // -h^3, v = X1 h^2        < 1.3
  foldSum(r, kept); // X' = s^2 - h^3 - 2 v, X' - v
  highLow(left, differences, yz);
  highLow(right, r, product);
  pairMultiply(left, columns, left, right); // s (X' - v), -Y1 h^3        < 1.2
  foldSumAffine(r + PAIR, last); // -Y' = s (X' - v) + Y1 h^3, -Z' = -Z1 h
}

/** r = the point with Z = 1 that the pair (X, Y) at q stands for. */
export function pairFromAffine(r: usize, q: usize): void {
  memory.copy(r, q, PAIR);
  highLow(r + PAIR, q, ones);
}

/** r = (a0, b0). */
@inline
function lowLow(r: usize, a: usize, b: usize): void {
  v128.store(r, v128.shuffle<u64>(v128.load(a), v128.load(b), 0, 2));
  v128.store(r, v128.shuffle<u64>(v128.load(a, 16), v128.load(b, 16), 0, 2), 16);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 32), v128.load(b, 32), 0, 2), 32);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 48), v128.load(b, 48), 0, 2), 48);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 64), v128.load(b, 64), 0, 2), 64);
}

/** r = (a0, b1). */
@inline
function lowHigh(r: usize, a: usize, b: usize): void {
  v128.store(r, v128.shuffle<u64>(v128.load(a), v128.load(b), 0, 3));
  v128.store(r, v128.shuffle<u64>(v128.load(a, 16), v128.load(b, 16), 0, 3), 16);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 32), v128.load(b, 32), 0, 3), 32);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 48), v128.load(b, 48), 0, 3), 48);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 64), v128.load(b, 64), 0, 3), 64);
}

/** r = (a1, b0). */
@inline
function highLow(r: usize, a: usize, b: usize): void {
  v128.store(r, v128.shuffle<u64>(v128.load(a), v128.load(b), 1, 2));
  v128.store(r, v128.shuffle<u64>(v128.load(a, 16), v128.load(b, 16), 1, 2), 16);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 32), v128.load(b, 32), 1, 2), 32);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 48), v128.load(b, 48), 1, 2), 48);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 64), v128.load(b, 64), 1, 2), 64);
}

/** r = (a1, b1). */
@inline
function highHigh(r: usize, a: usize, b: usize): void {
  v128.store(r, v128.shuffle<u64>(v128.load(a), v128.load(b), 1, 3));
  v128.store(r, v128.shuffle<u64>(v128.load(a, 16), v128.load(b, 16), 1, 3), 16);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 32), v128.load(b, 32), 1, 3), 32);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 48), v128.load(b, 48), 1, 3), 48);
  v128.store(r, v128.shuffle<u64>(v128.load(a, 64), v128.load(b, 64), 1, 3), 64);
}

/** r = (u1 - u0, c0 - c1), c being the columns. */
@inline
function settleDifferences(r: usize, u: usize): void {
  settle(
    r,
    cross(v128.load(u), v128.load(columns)),
    cross(v128.load(u, 16), v128.load(columns, 16)),
    cross(v128.load(u, 32), v128.load(columns, 32)),
    cross(v128.load(u, 48), v128.load(columns, 48)),
    cross(v128.load(u, 64), v128.load(columns, 64)),
  );
}

@inline
function cross(u: v128, c: v128): v128 {
  return i64x2.sub(v128.shuffle<u64>(u, c, 1, 2), v128.shuffle<u64>(u, c, 0, 3));
}

/** r = s1 + c0 - 2 c1 and s1 + c0 - 3 c1, c being the columns. */
@inline
function foldSum(r: usize, s: usize): void {
  const lane1 = lane1Vector();
  fold(
    r,
    sumOfThree(v128.load(s), v128.load(columns), lane1),
    sumOfThree(v128.load(s, 16), v128.load(columns, 16), lane1),
    sumOfThree(v128.load(s, 32), v128.load(columns, 32), lane1),
    sumOfThree(v128.load(s, 48), v128.load(columns, 48), lane1),
    sumOfThree(v128.load(s, 64), v128.load(columns, 64), lane1),
  );
}

@inline
function sumOfThree(s: v128, c: v128, lane1: v128): v128 {
  const v = v128.shuffle<u64>(c, c, 1, 3);
  const others = i64x2.add(v128.shuffle<u64>(s, s, 1, 3), v128.shuffle<u64>(c, c, 0, 2));
  return i64x2.sub(others, i64x2.add(i64x2.shl(v, 1), v128.and(v, lane1)));
}

/** r = (c0 - t1, c1), c being the columns. */
@inline
function foldSumY(r: usize, t: usize): void {
  const zero = i64x2.splat(0);
  fold(
    r,
    i64x2.sub(v128.load(columns), v128.shuffle<u64>(v128.load(t), zero, 1, 2)),
    i64x2.sub(v128.load(columns, 16), v128.shuffle<u64>(v128.load(t, 16), zero, 1, 2)),
    i64x2.sub(v128.load(columns, 32), v128.shuffle<u64>(v128.load(t, 32), zero, 1, 2)),
    i64x2.sub(v128.load(columns, 48), v128.shuffle<u64>(v128.load(t, 48), zero, 1, 2)),
    i64x2.sub(v128.load(columns, 64), v128.shuffle<u64>(v128.load(t, 64), zero, 1, 2)),
  );
}

/** r = (c0 - c1, t1), c being the columns. */
@inline
function foldSumAffine(r: usize, t: usize): void {
  const zero = i64x2.splat(0);
  fold(
    r,
    differenceAndLane1(v128.load(columns), v128.load(t), zero),
    differenceAndLane1(v128.load(columns, 16), v128.load(t, 16), zero),
    differenceAndLane1(v128.load(columns, 32), v128.load(t, 32), zero),
    differenceAndLane1(v128.load(columns, 48), v128.load(t, 48), zero),
    differenceAndLane1(v128.load(columns, 64), v128.load(t, 64), zero),
  );
}

@inline
function differenceAndLane1(c: v128, t: v128, zero: v128): v128 {
  return i64x2.sub(v128.shuffle<u64>(c, t, 0, 3), v128.shuffle<u64>(c, zero, 1, 2));
}

/** r = (a1, b0 - c0). */
function lane1AndDifference(r: usize, a: usize, b: usize, c: usize): void {
  const zero = i64x2.splat(0);
  carry(
    r,
    f64x2.sub(v128.shuffle<u64>(v128.load(a), v128.load(b), 1, 2), v128.shuffle<u64>(zero, v128.load(c), 0, 2)),
    f64x2.sub(v128.shuffle<u64>(v128.load(a, 16), v128.load(b, 16), 1, 2), v128.shuffle<u64>(zero, v128.load(c, 16), 0, 2)),
    f64x2.sub(v128.shuffle<u64>(v128.load(a, 32), v128.load(b, 32), 1, 2), v128.shuffle<u64>(zero, v128.load(c, 32), 0, 2)),
    f64x2.sub(v128.shuffle<u64>(v128.load(a, 48), v128.load(b, 48), 1, 2), v128.shuffle<u64>(zero, v128.load(c, 48), 0, 2)),
    f64x2.sub(v128.shuffle<u64>(v128.load(a, 64), v128.load(b, 64), 1, 2), v128.shuffle<u64>(zero, v128.load(c, 64), 0, 2)),
  );
}

export function wipePairPoints(): void {
  memory.fill(squares, 0, PAIR);
  memory.fill(left, 0, PAIR);
  memory.fill(right, 0, PAIR);
  memory.fill(product, 0, PAIR);
  memory.fill(sums, 0, PAIR);
  memory.fill(differences, 0, PAIR);
  memory.fill(kept, 0, PAIR);
  memory.fill(columns, 0, PAIR);
  memory.fill(last, 0, PAIR);
}
