import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { CURVES, type Curve } from "../../testkit/crypto/ecc/curves.ts";
import { type Affine, hardScalars, inverse, loadEcc, modulo } from "../../testkit/crypto/ecc/ecc.ts";

const ecc = await loadEcc();
const { operations: call } = ecc;
const { id, n, p, size, Point } = CURVES.find(({ name }) => name === "NIST P-256") as Curve;

const BITS = 52n;
const LIMBS = 5;
const PAIR = 80;
const R = 1n << 260n;
const inverseOfR = inverse(R, p);
const LANES = [0, 1] as const;

beforeEach(() => {
  ecc.reset();
  call.wipeEcc();
  call.selectCurve(id);
});

type Limbs = readonly number[];

/** Limb i of both numbers is at 16 i. */
const view = (at: number) => new Float64Array(call.memory.buffer, at, 2 * LIMBS);
const put = (numbers: readonly [Limbs, Limbs]) => {
  const at = ecc.slots();
  for (const lane of LANES) for (const [i, limb] of numbers[lane].entries()) view(at)[2 * i + lane] = limb;
  return at;
};
const limbsOf = (at: number, lane: 0 | 1) => Array.from({ length: LIMBS }, (_, i) => view(at)[2 * i + lane] as number);
const numberOf = (limbs: Limbs) => limbs.reduceRight((value, limb) => (value << BITS) + BigInt(limb), 0n);

/** What p256PairSettle.ts calls settled. */
function expectSettled(limbs: Limbs) {
  for (const limb of limbs.slice(0, -1)) expect(Math.abs(limb)).toBeLessThanOrEqual(2 ** 51 + 2 ** 9);
  expect(Math.abs(limbs.at(-1) as number)).toBeLessThan(2 ** 51);
}

function expectProducts(a: readonly [Limbs, Limbs], b: readonly [Limbs, Limbs]) {
  ecc.reset();
  const [aAt, bAt, r, t] = [put(a), put(b), ecc.slots(), ecc.slots()];
  const check = (lane: 0 | 1, x: bigint, y: bigint) => {
    const limbs = limbsOf(r, lane);
    expectSettled(limbs);
    const value = numberOf(limbs);
    expect(modulo(value, p)).toBe(modulo(x * y * inverseOfR, p));
    // -A B p / 15 .. p + A B p / 15
    const magnitude = x * y < 0n ? -(x * y) : x * y;
    const slack = magnitude / (15n * p) + 1n;
    expect(value > -slack && value < p + slack).toBe(true);
  };
  call.pairMultiply(r, t, aAt, bAt);
  for (const lane of LANES) check(lane, numberOf(a[lane]), numberOf(b[lane]));
  call.pairSquare(r, t, aAt);
  for (const lane of LANES) check(lane, numberOf(a[lane]), numberOf(a[lane]));
  // In place.
  call.pairMultiply(aAt, t, aAt, bAt);
  call.pairMultiply(r, t, put(a), bAt);
  expect(Array.from(view(aAt))).toEqual(Array.from(view(r)));
}

describe("two products and squares at a time agree with BigInt", () => {
  const extremes = [2 ** 51, -(2 ** 51), 2 ** 51 + 2 ** 9, -(2 ** 51) - 2 ** 9, 2 ** 51 - 1, 2 ** 50, 1, -1, 0];
  // 8 p is what limb 4 holds; factors are below 4.7 p.
  const tops = [0, 1, -1, 2 ** 48, -(2 ** 48), 4 * 2 ** 48, -4 * 2 ** 48];

  it("with every limb at its bound", () => {
    for (const limb of extremes) {
      for (const other of extremes) {
        for (const top of tops) {
          const a = [limb, limb, limb, limb, top];
          const b = [other, other, other, other, -top];
          expectProducts([a, b], [b, b]);
          expectProducts([b, a], [a, [limb, other, limb, other, top]]);
        }
      }
    }
  });

  it("with random limbs, extreme ones among them", () => {
    const limb = fc.oneof(fc.constantFrom(...extremes), fc.bigInt({ min: -(2n ** 51n), max: 2n ** 51n }).map(Number));
    const top = fc.oneof(fc.constantFrom(...tops), fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n }).map(Number));
    const number = fc.tuple(limb, limb, limb, limb, top);
    const pair = fc.tuple(number, number);
    fc.assert(
      fc.property(pair, pair, (a, b) => expectProducts(a, b)),
      { numRuns: 2000 },
    );
  });
});

describe("points", () => {
  const INFINITY = { x: 0n, y: 0n };
  const expected = (k: bigint): Affine =>
    modulo(k, n) === 0n ? INFINITY : Point.BASE.multiply(modulo(k, n)).toAffine();

  /** [k] G with a Z other than 1, as pairs. */
  const pairs = (k: bigint) => {
    const [at, r] = [ecc.slots(3), ecc.slots(2)];
    call.pointFromBytes(at, ecc.putPoint(expected(k * inverse(2n, n)), size));
    call.pointDouble(at, at);
    call.pointToPairs(r, at);
    return r;
  };
  /** [k] G as the pair (X, Y) of a point with Z = 1. */
  const affinePair = (k: bigint) => {
    const [at, r] = [ecc.slots(3), ecc.slots()];
    call.pointFromBytes(at, ecc.putPoint(expected(k), size));
    call.pairFromField(r, at, at + 112);
    return r;
  };
  const affine = (at: number): Affine => {
    const [point, out] = [ecc.slots(3), ecc.take(2 * size)];
    call.pointFromPairs(point, at);
    call.pointToBytes(out, point);
    return ecc.getPoint(out, size);
  };
  /** Bounds that the head of p256PairPoint.ts gives a sum or a double. */
  const expectFolded = (at: number) => {
    const numbers = [limbsOf(at, 0), limbsOf(at + PAIR, 0), limbsOf(at + PAIR, 1)];
    for (const limbs of numbers) {
      expectSettled(limbs);
      const value = numberOf(limbs);
      expect((value < 0n ? -value : value) * 100n < 51n * p).toBe(true);
    }
  };
  const scalar = fc.oneof(fc.constantFrom(...hardScalars(n)), fc.bigInt({ min: 1n, max: n - 1n }));

  it("go to pairs and back, and are negated", () => {
    for (const k of hardScalars(n)) {
      ecc.reset();
      const P = pairs(k);
      expect(affine(P)).toEqual(expected(k));
      call.pairNegateIf(P, 0);
      expect(affine(P)).toEqual(expected(k));
      call.pairNegateIf(P, -1);
      expect(affine(P)).toEqual(expected(-k));
      const [Q, r] = [affinePair(k), ecc.slots(3)];
      for (const [mask, sign] of [
        [0, 1n],
        [-1, -1n],
      ] as const) {
        call.affineNegateIf(Q, mask);
        call.pairFromAffine(r, Q);
        expect(affine(r)).toEqual(expected(sign * k));
      }
    }
  });

  it("are doubled and added", () => {
    fc.assert(
      fc.property(scalar, scalar, (a, b) => {
        ecc.reset();
        const [P, Q, r] = [pairs(a), pairs(b), ecc.slots(2)];
        call.pairDouble(r, P);
        expectFolded(r);
        expect(affine(r)).toEqual(expected(2n * a));
        // In place, and from what has been folded.
        call.pairDouble(r, r);
        expectFolded(r);
        expect(affine(r)).toEqual(expected(4n * a));
        // The sum of a point and itself is a double; the formula leaves that to who calls it.
        if (modulo(4n * a - b, n) === 0n) return;
        call.pairAdd(r, r, Q);
        expectFolded(r);
        expect(affine(r)).toEqual(expected(4n * a + b));
        // 4 a + b is 0 or 4 a for some.
        if (modulo(4n * a + b, n) === 0n || b === 0n) return;
        call.pairAddAffine(r, r, affinePair(4n * a));
        expectFolded(r);
        expect(affine(r)).toEqual(expected(8n * a + b));
      }),
      { numRuns: 60 },
    );
  });

  it("have Z = 0 after an exception, and keep it", () => {
    const [P, same, opposite, r] = [pairs(5n), pairs(5n), pairs(n - 5n), ecc.slots(2)];
    const isZero = () => modulo(numberOf(limbsOf(r + PAIR, 1)), p) === 0n;
    for (const other of [same, opposite]) {
      call.pairAdd(r, P, other);
      expect(isZero()).toBe(true);
      call.pairDouble(r, r);
      expect(isZero()).toBe(true);
      call.pairAdd(r, r, P);
      expect(isZero()).toBe(true);
      call.pairAddAffine(r, r, affinePair(7n));
      expect(isZero()).toBe(true);
    }
    for (const k of [5n, n - 5n]) {
      call.pairAddAffine(r, P, affinePair(k));
      expect(isZero()).toBe(true);
    }
  });
});
