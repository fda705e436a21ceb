import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../../testkit/crypto/bytes.ts";
import { CURVES } from "../../testkit/crypto/ecc/curves.ts";
import { type Affine, hardScalars, inverse, loadEcc, toBigInt } from "../../testkit/crypto/ecc/ecc.ts";

const ecc = await loadEcc();
const { operations: call } = ecc;

beforeEach(() => ecc.reset());

describe.each(CURVES)("$name", ({ id, size, n, p, Point }) => {
  const G = Point.BASE.toAffine();
  const INFINITY = { x: 0n, y: 0n };
  beforeEach(() => {
    // As every operation of the public interface does at its end.
    call.wipeEcc();
    call.wipeVerify();
    call.selectCurve(id);
  });

  /** [k] G as a point in memory, with a Z other than 1 for k > 1; k = 0 is infinity. */
  const jacobian = (k: bigint) => {
    const at = ecc.slots(3);
    if (k === 0n) {
      const P = jacobian(1n);
      const minusP = ecc.slots(3);
      call.pointFromBytes(minusP, ecc.putPoint({ x: G.x, y: p - G.y }, size));
      call.pointAddComplete(at, P, minusP);
      return at;
    }
    // k = 2 (k / 2), doubled here.
    const half = Point.BASE.multiply((k & 1n ? k + n : k) / 2n).toAffine();
    call.pointFromBytes(at, ecc.putPoint(half, size));
    call.pointDouble(at, at);
    return at;
  };
  const affine = (at: number): Affine => {
    const out = ecc.take(2 * size);
    call.pointToBytes(out, at);
    return ecc.getPoint(out, size);
  };
  const expected = (k: bigint) => (k % n === 0n ? INFINITY : Point.BASE.multiply(k % n).toAffine());

  it.each(["pointAddComplete", "pointAddPublic"] as const)("%s adds any two points", (add) => {
    const scalars = [0n, 1n, 2n, 5n, n - 1n, n - 2n, n - 5n];
    for (const a of scalars) {
      for (const b of scalars) {
        const sum = ecc.slots(3);
        call[add](sum, jacobian(a), jacobian(b));
        expect(affine(sum)).toEqual(expected(a + b));
        ecc.reset();
      }
    }
    const same = jacobian(7n);
    call[add](same, same, same);
    expect(affine(same)).toEqual(expected(14n));
  });

  it("twice infinity is infinity", () => {
    const O = jacobian(0n);
    call.pointDouble(O, O);
    expect(affine(O)).toEqual(INFINITY);
  });

  it("[u] G + [v] Q, also where points in between are equal or opposite", () => {
    const wide = toBigInt(noise(size + 8, 31)) % n;
    const cases: [bigint, bigint, bigint][] = [
      [1n, 1n, 1n],
      [1n, n - 1n, 1n],
      [0n, 1n, 5n],
      [0n, n - 1n, 5n],
      [5n, 1n, n - 5n],
      [6n, 3n, n - 2n],
      [wide, wide, n - 1n],
      [wide, wide, 1n],
      [n - 1n, n - 1n, n - 1n],
    ];
    for (const k of hardScalars(n)) cases.push([k, wide, 3n], [wide, k, 5n]);
    // [v] Q is [u] G or its opposite, and has been doubled just before: its X is not below p.
    for (const v of [2n, 4n, 32n]) {
      const half = inverse(v, n);
      for (const u of [1n, 3n, 5n, 7n, 9n, 11n, 19n, 31n]) cases.push([u, v, u * half], [u, v, (n - u) * half]);
    }
    for (const [u, v, q] of cases) {
      ecc.reset();
      const [r, uAt, vAt, Q] = [ecc.slots(3), ecc.slots(), ecc.slots(), ecc.slots(3)];
      ecc.setNumber(uAt, u);
      ecc.setNumber(vAt, v);
      call.pointFromBytes(Q, ecc.putPoint(expected(q), size));
      call.doubleMultiply(r, uAt, vAt, Q);
      expect(affine(r)).toEqual(expected(u + v * q));
    }
  });
});
