import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../../testkit/crypto/bytes.ts";
import { CURVES, type Curve } from "../../testkit/crypto/ecc/curves.ts";
import { type Affine, loadEcc, modulo, STATUS, toBigInt } from "../../testkit/crypto/ecc/ecc.ts";

const ecc = await loadEcc();
const { operations: call } = ecc;

beforeEach(() => ecc.reset());

interface Side {
  d: bigint;
  e: bigint;
  D: Affine;
  E: Affine;
}

function side({ n, size, Point }: Curve, seed: number): Side {
  const d = toBigInt(noise(size + 8, seed)) % n;
  const e = toBigInt(noise(size + 8, seed + 1)) % n;
  return { d, e, D: Point.BASE.multiply(d).toAffine(), E: Point.BASE.multiply(e).toAffine() };
}

function exchange(curve: Curve, scheme: "ecmqv" | "sm2KeyExchange", mine: Side, theirs: Side, w = 0) {
  const { id, size } = curve;
  const out = ecc.take(2 * size);
  const status = call[scheme](
    ...[id, ecc.putBig(mine.d, size), ecc.putBig(mine.e, size)],
    ...[ecc.putPoint(theirs.D, size), ecc.putPoint(theirs.E, size), out],
    ...(scheme === "ecmqv" ? [] : [w]),
  );
  return { status, point: ecc.getPoint(out, size) };
}

describe.each(CURVES)("$name", (curve) => {
  const { n, Point, p } = curve;
  const a = side(curve, 1);
  const b = side(curve, 3);
  const bits = BigInt(n.toString(2).length);
  const associated = (x: bigint, w: bigint) => (1n << w) + (x & ((1n << w) - 1n));

  it("MQV is the formula of SP 800-56A, on both sides", () => {
    const w = (bits + 1n) / 2n;
    const t = modulo(a.e + associated(a.E.x, w) * a.d, n);
    const Z = Point.fromAffine(b.E)
      .add(Point.fromAffine(b.D).multiply(associated(b.E.x, w)))
      .multiply(t)
      .toAffine();
    expect(exchange(curve, "ecmqv", a, b)).toEqual({ status: STATUS.SUCCESS, point: Z });
    expect(exchange(curve, "ecmqv", b, a)).toEqual({ status: STATUS.SUCCESS, point: Z });
  });

  it.each([0, 1])("SM2 is the formula of GM/T 0003.3, on both sides, and with %i bit less", (less) => {
    const w = (bits + 1n) / 2n - 1n - BigInt(less);
    const t = modulo(a.d + associated(a.E.x, w) * a.e, n);
    const U = Point.fromAffine(b.D)
      .add(Point.fromAffine(b.E).multiply(associated(b.E.x, w)))
      .multiply(t)
      .toAffine();
    const given = less ? Number(w) : 0;
    expect(exchange(curve, "sm2KeyExchange", a, b, given)).toEqual({ status: STATUS.SUCCESS, point: U });
    expect(exchange(curve, "sm2KeyExchange", b, a, given)).toEqual({ status: STATUS.SUCCESS, point: U });
  });

  it("both refuse bad points and scalars", () => {
    const offCurve = { x: b.D.x, y: b.D.y ^ 1n };
    for (const scheme of ["ecmqv", "sm2KeyExchange"] as const) {
      expect(exchange(curve, scheme, a, { ...b, D: offCurve }).status).toBe(STATUS.POINT);
      expect(exchange(curve, scheme, a, { ...b, E: { x: p, y: 0n } }).status).toBe(STATUS.POINT);
      expect(exchange(curve, scheme, { ...a, d: 0n }, b).status).toBe(STATUS.SCALAR);
      expect(exchange(curve, scheme, { ...a, e: n }, b).status).toBe(STATUS.SCALAR);
    }
  });

  it("a shared point at infinity is no result", () => {
    // Their static key is chosen so that E' + [avf(E')] D' = 0, and for SM2 D' + [avf(E')] E' = 0.
    const mqv = associated(b.E.x, (bits + 1n) / 2n);
    const sm2 = associated(b.E.x, (bits + 1n) / 2n - 1n);
    const inverseOf = (value: bigint) => Point.Fn.inv(value);
    const D = Point.fromAffine(b.E).negate().multiply(inverseOf(mqv)).toAffine();
    expect(exchange(curve, "ecmqv", a, { ...b, D }).status).toBe(STATUS.NO_RESULT);
    const forSm2 = Point.fromAffine(b.E).negate().multiply(sm2).toAffine();
    expect(exchange(curve, "sm2KeyExchange", a, { ...b, D: forSm2 }).status).toBe(STATUS.NO_RESULT);
    // And one where the two are equal, which the addition must double.
    const same = Point.fromAffine(b.E).multiply(sm2).toAffine();
    const t = modulo(a.d + associated(a.E.x, (bits + 1n) / 2n - 1n) * a.e, n);
    expect(exchange(curve, "sm2KeyExchange", a, { ...b, D: same })).toEqual({
      status: STATUS.SUCCESS,
      point: Point.fromAffine(same).double().multiply(t).toAffine(),
    });
  });
});

it("SM2 gives the shared point of GM/T 0003.5, B.2", () => {
  const curve = CURVES.find(({ name }) => name === "SM2 P-256") as Curve;
  const make = (d: bigint, e: bigint): Side => ({
    d,
    e,
    D: ecc.publicPoint(curve, d).point,
    E: ecc.publicPoint(curve, e).point,
  });
  const A = make(
    0x81eb26e941bb5af16df116495f90695272ae2cd63d6c4ae1678418be48230029n,
    0xd4de15474db74d06491c440d305e012400990f3e390c7e87153c12db2ea60bb3n,
  );
  const B = make(
    0x785129917d45a9ea5437a59356b82338eaadda6ceb199088f14ae10defa229b5n,
    0x7e07124814b309489125eaed101113164ebf0f3458c5bd88335c1f9d596243d6n,
  );
  expect(A.E).toEqual({
    x: 0x64ced1bdbc99d590049b434d0fd73428cf608a5db8fe5ce07f15026940bae40en,
    y: 0x376629c7ab21e7db260922499ddb118f07ce8eaae3e7720afef6a5cc062070c0n,
  });
  const U = {
    x: 0xc558b44bee5301d9f52b44d939bb59584d75b9034dd6a9fc826872109a65739fn,
    y: 0x3252b35b191d8ae01cd122c025204334c5eacf68a0cb4854c6a7d367ecad4de7n,
  };
  expect(exchange(curve, "sm2KeyExchange", A, B).point).toEqual(U);
  expect(exchange(curve, "sm2KeyExchange", B, A).point).toEqual(U);
});
