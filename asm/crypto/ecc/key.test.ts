import { createECDH } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../../testkit/crypto/bytes.ts";
import { CURVES, type Curve } from "../../testkit/crypto/ecc/curves.ts";
import { type Affine, hardScalars, loadEcc, STATUS, toBigInt } from "../../testkit/crypto/ecc/ecc.ts";

const ecc = await loadEcc();
const { operations: call } = ecc;

beforeEach(() => ecc.reset());

describe.each(CURVES)("$name", (curve) => {
  const { id, size, p, n, Point } = curve;
  const check = (point: Affine) => call.eccCheckPoint(id, ecc.putPoint(point, size));

  it("has its size", () => {
    expect(call.eccSize(id)).toBe(size);
    expect(call.eccBits(id)).toBe(p.toString(2).length);
  });

  it("tells its parameters", () => {
    const { a, b, Gx, Gy } = Point.CURVE();
    const out = ecc.take(6 * size);
    expect(call.eccDomain(id, out)).toBe(STATUS.SUCCESS);
    const told = Array.from({ length: 6 }, (_, i) => toBigInt(ecc.get(out + i * size, size)));
    expect(told).toEqual([p, a, b, Gx, Gy, n]);
  });

  it("[k] G and [k] P are noble's, for hard scalars", () => {
    const P = Point.BASE.multiply(0xabcdef0123456789n).toAffine();
    for (const k of hardScalars(n)) {
      ecc.reset();
      const base = ecc.publicPoint(curve, k);
      expect(base.status).toBe(STATUS.SUCCESS);
      expect(base.point).toEqual(Point.BASE.multiply(k).toAffine());
      expect(ecc.multiply(curve, k, P)).toEqual({
        status: STATUS.SUCCESS,
        point: Point.fromAffine(P).multiply(k).toAffine(),
      });
    }
  });

  it("[k] (-G) and [n - k] G are the negative", () => {
    const G = Point.BASE.toAffine();
    const { point } = ecc.multiply(curve, 5n, { x: G.x, y: p - G.y });
    expect(point).toEqual(ecc.publicPoint(curve, n - 5n).point);
  });

  it("makes keys by extra random bits", () => {
    const drbg = ecc.drbg();
    for (let i = 0; i < 3; i++) {
      const expected = ecc.nextScalar(drbg, curve);
      const [d, Q] = [ecc.take(size), ecc.take(2 * size)];
      expect(call.eccGenerateKey(id, drbg, d, Q)).toBe(STATUS.SUCCESS);
      expect(ecc.getBig(d, size)).toBe(expected);
      expect(ecc.getPoint(Q, size)).toEqual(Point.BASE.multiply(expected).toAffine());
    }
  });

  it("refuses a generator that needs entropy, and writes nothing", () => {
    const dead = ecc.take(64);
    const [d, Q] = [ecc.take(size), ecc.take(2 * size)];
    expect(call.eccGenerateKey(id, dead, d, Q)).toBe(STATUS.RANDOM);
    expect(ecc.getBig(d, size)).toBe(0n);
    expect(ecc.getBig(Q, 2 * size)).toBe(0n);
  });

  it("refuses scalars outside of 1 .. n - 1", () => {
    const G = Point.BASE.toAffine();
    const all = 256n ** BigInt(size) - 1n;
    for (const k of [0n, n, n + 1n, all]) {
      expect(call.eccCheckScalar(id, ecc.putBig(k, size))).toBe(STATUS.SCALAR);
      expect(ecc.publicPoint(curve, k)).toEqual({ status: STATUS.SCALAR, point: { x: 0n, y: 0n } });
      expect(ecc.multiply(curve, k, G)).toEqual({ status: STATUS.SCALAR, point: { x: 0n, y: 0n } });
    }
    for (const k of [1n, n - 1n]) expect(call.eccCheckScalar(id, ecc.putBig(k, size))).toBe(STATUS.SUCCESS);
  });

  it("accepts points of the curve only, coordinates below p, infinity not", () => {
    const { x, y } = Point.BASE.multiply(77n).toAffine();
    expect(check({ x, y })).toBe(STATUS.SUCCESS);
    expect(check({ x, y: p - y })).toBe(STATUS.SUCCESS);
    const all = 256n ** BigInt(size) - 1n;
    const bad: Affine[] = [
      { x: 0n, y: 0n },
      { x, y: y ^ 1n },
      { x: x ^ 1n, y },
      { x: y, y: x },
      { x, y: 0n },
      { x: 0n, y },
      { x: p, y },
      { x: p - 1n, y: p },
      { x: all, y: all },
      { x, y: all },
    ];
    // Right but for a multiple of p.
    if (x + p <= all) bad.push({ x: x + p, y });
    if (y + p <= all) bad.push({ x, y: y + p });
    for (const point of bad) {
      expect(check(point)).toBe(STATUS.POINT);
      expect(ecc.multiply(curve, 5n, point)).toEqual({ status: STATUS.POINT, point: { x: 0n, y: 0n } });
    }
  });

  it("takes a number modulo p", () => {
    const out = ecc.take(size);
    for (const value of [0n, 1n, p - 1n, p, p + 1n, 256n ** BigInt(size) - 1n]) {
      expect(call.eccReduceToField(id, ecc.putBig(value, size), size, out)).toBe(STATUS.SUCCESS);
      expect(ecc.getBig(out, size)).toBe(value % p);
    }
    for (const length of [0, 1, 20, 32, 64, size + 1, 100]) {
      call.eccReduceToField(id, ecc.put(Buffer.alloc(length, 0xff)), length, out);
      expect(ecc.getBig(out, size)).toBe((256n ** BigInt(length) - 1n) % p);
    }
  });

  it("leaves no secret in memory", () => {
    const d = toBigInt(noise(size + 8, 21)) % n;
    const { point } = ecc.publicPoint(curve, d);
    ecc.multiply(curve, d, Point.BASE.multiply(3n).toAffine());
    ecc.reset();
    const secret = Buffer.alloc(16);
    for (let i = 0; i < 4; i++) secret.writeUInt32LE(Number((d >> BigInt(29 * i)) & 0x1fffffffn), 4 * i);
    expect(ecc.find(secret)).toEqual([]);
    expect(ecc.find(Buffer.from(point.x.toString(16).padStart(2 * size, "0"), "hex"))).toEqual([]);
  });
});

/** Node 24's OpenSSL has SM2 keys, but agrees on no secret with them, not even with another key of its own. */
const agrees = ({ node }: Curve): boolean => {
  if (!node) return false;
  const [one, other] = [createECDH(node), createECDH(node)];
  one.generateKeys();
  try {
    one.computeSecret(other.generateKeys());
    return true;
  } catch {
    return false;
  }
};

it("node:crypto agrees on secrets on the curves of NIST at least", () => {
  const names = CURVES.filter(agrees).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(["NIST P-192", "NIST P-224", "NIST P-256", "NIST P-384", "NIST P-521"]));
});

it.each(CURVES.filter(agrees))("$name agrees on a secret with node:crypto", (curve: Curve) => {
  const { id, size, node } = curve;
  const theirs = createECDH(node as string);
  theirs.generateKeys();
  const drbg = ecc.drbg(3);
  const [d, Q] = [ecc.take(size), ecc.take(2 * size)];
  call.eccGenerateKey(id, drbg, d, Q);
  const mine = Buffer.concat([Buffer.of(4), ecc.get(Q, 2 * size)]);
  const Z = ecc.take(2 * size);
  expect(call.eccMultiply(id, d, ecc.put(theirs.getPublicKey().subarray(1)), Z)).toBe(STATUS.SUCCESS);
  expect(ecc.get(Z, size)).toEqual(theirs.computeSecret(mine));
});

it("curves that are not implemented are refused", () => {
  for (const id of [0, 6, 0x12, 0x21, 0x40, 0xffff]) {
    expect(call.eccSize(id)).toBe(0);
    expect(call.eccBits(id)).toBe(0);
    expect(call.eccCheckPoint(id, 0)).toBe(STATUS.CURVE);
    expect(call.eccMultiply(id, 0, 0, 0)).toBe(STATUS.CURVE);
    expect(call.ecdsaSign(id, 0, 0, 0, 0, 0, 0)).toBe(STATUS.CURVE);
  }
});
