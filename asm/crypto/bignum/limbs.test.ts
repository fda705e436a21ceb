import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { hardValues, loadNumbers, toBytes } from "../../testkit/crypto/bignum/numbers.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

const LIMBS = [4, 8, 20, 36, 144];
const capacity = (limbs: number) => 1n << BigInt(29 * limbs);
const anyNumber = (limbs: number) =>
  fc.oneof(fc.bigInt({ min: 0n, max: capacity(limbs) - 1n }), fc.constantFrom(...hardValues(capacity(limbs), 0)));
const signed = (value: number) => value | 0;

describe("limbsFor", () => {
  it("gives a multiple of four with eight bits to spare", () => {
    for (let bits = 100; bits <= 4096; bits++) {
      const limbs = call.limbsFor(bits);
      expect(limbs % 4).toBe(0);
      expect(29 * limbs).toBeGreaterThanOrEqual(bits + 8);
      expect(29 * (limbs - 4)).toBeLessThan(bits + 8);
    }
    expect([512, 1024, 1536, 2048, 3072, 4096].map((bits) => call.limbsFor(bits))).toEqual([20, 36, 56, 72, 108, 144]);
  });
});

describe("bytes", () => {
  it("every size from 0 to 300 comes back from limbs, zeros in front", () => {
    for (let size = 0; size <= 300; size++) {
      numbers.reset();
      const limbs = Math.max(4, Math.ceil((8 * size) / 29 / 4) * 4);
      for (const bytes of [
        Buffer.alloc(size, 0xff),
        Buffer.alloc(size),
        Buffer.alloc(size, 0xa5).fill(0, 0, size >> 1),
      ]) {
        const at = numbers.number(limbs);
        expect(call.fromBytes(at, limbs, numbers.put(bytes), size)).toBe(1);
        expect(numbers.getNumber(at, limbs)).toBe(size === 0 ? 0n : BigInt(`0x${bytes.toString("hex")}`));
        const out = numbers.take(size);
        call.toBytes(out, size, at, limbs);
        expect(numbers.get(out, size)).toEqual(bytes);
      }
    }
  });

  it("a number that does not fit is told apart from one with zeros in front", () => {
    const limbs = 4;
    for (const [value, fits] of [
      [capacity(4) - 1n, 1],
      [capacity(4), 0],
      [1n << 130n, 0],
      [1n << 503n, 0],
      [0n, 1],
    ] as const) {
      const at = numbers.number(limbs);
      expect(call.fromBytes(at, limbs, numbers.put(toBytes(value, 63)), 63)).toBe(fits);
      expect(numbers.getNumber(at, limbs)).toBe(value % capacity(4));
    }
  });

  it("fewer bytes than the number has are its low ones, more are zeros", () => {
    const at = numbers.putNumber(0x0102030405060708n, 4);
    const out = numbers.take(40);
    call.toBytes(out, 3, at, 4);
    expect(numbers.get(out, 3).toString("hex")).toBe("060708");
    call.toBytes(out, 40, at, 4);
    expect(numbers.get(out, 40).toString("hex")).toBe(`${"00".repeat(32)}0102030405060708`);
  });
});

describe("addition, subtraction, comparison", () => {
  it.each(LIMBS)("agree with BigInt at %i limbs", (limbs) => {
    fc.assert(
      fc.property(anyNumber(limbs), anyNumber(limbs), (a, b) => {
        numbers.reset();
        const [x, y, r] = [numbers.putNumber(a, limbs), numbers.putNumber(b, limbs), numbers.number(limbs)];
        expect(call.add(r, x, y, limbs)).toBe(a + b >= capacity(limbs) ? 1 : 0);
        expect(numbers.getNumber(r, limbs)).toBe((a + b) % capacity(limbs));
        expect(call.subtract(r, x, y, limbs)).toBe(a < b ? 1 : 0);
        expect(numbers.getNumber(r, limbs)).toBe((a - b + capacity(limbs)) % capacity(limbs));
        expect(call.lessThan(x, y, limbs)).toBe(a < b ? 1 : 0);
        expect(signed(call.equalMask(x, y, limbs))).toBe(a === b ? -1 : 0);
        expect(signed(call.equalMask(x, x, limbs))).toBe(-1);
        expect(signed(call.zeroMask(x, limbs))).toBe(a === 0n ? -1 : 0);
        expect(call.bitLength(x, limbs)).toBe(a === 0n ? 0 : a.toString(2).length);
        call.subtractOnce(x, y, r, limbs);
        expect(numbers.getNumber(x, limbs)).toBe(a >= b ? a - b : a);
      }),
      { numRuns: 60 },
    );
  });

  it("numbers that differ in one bit differ", () => {
    for (let bit = 0; bit < 29 * 20; bit++) {
      numbers.reset();
      const [x, zero] = [numbers.putNumber(1n << BigInt(bit), 20), numbers.number(20)];
      expect(signed(call.equalMask(x, zero, 20))).toBe(0);
      expect(signed(call.zeroMask(x, 20))).toBe(0);
      expect(call.lessThan(zero, x, 20)).toBe(1);
      expect(call.bitAt(x, bit)).toBe(1);
    }
  });

  it("select takes one or the other whole", () => {
    const [x, y, r] = [numbers.putNumber(capacity(8) - 1n, 8), numbers.putNumber(5n, 8), numbers.number(8)];
    call.select(r, x, y, -1, 8);
    expect(numbers.getNumber(r, 8)).toBe(capacity(8) - 1n);
    call.select(r, x, y, 0, 8);
    expect(numbers.getNumber(r, 8)).toBe(5n);
  });

  it("wordZeroMask knows zero from every other word", () => {
    for (const word of [1, 2, 0x7fffffff, -0x80000000, -1, 0x10000]) expect(signed(call.wordZeroMask(word))).toBe(0);
    expect(signed(call.wordZeroMask(0))).toBe(-1);
  });
});

describe("carries", () => {
  it("tighten takes limbs of either sign and returns what is left", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -(2 ** 31) + 4, max: 2 ** 31 - 4 }), { minLength: 8, maxLength: 8 }),
        (limbs) => {
          numbers.reset();
          const at = numbers.number(8);
          numbers.setLimbs(
            at,
            limbs.map((limb) => limb >>> 0),
          );
          const value = limbs.reduceRight((sum, limb) => (sum << 29n) + BigInt(limb), 0n);
          const left = BigInt(signed(call.tighten(at, 8)));
          expect(numbers.getNumber(at, 8) + left * capacity(8)).toBe(value);
          for (const limb of numbers.limbsOf(at, 8)) expect(limb).toBeLessThan(2 ** 29);
        },
      ),
    );
  });

  it("loosen brings the largest limbs below 2^29 + 2^3 and keeps the value", () => {
    const at = numbers.number(12);
    const limbs = [...Array<number>(11).fill(0xffffffff), 3];
    numbers.setLimbs(at, limbs);
    const value = numbers.getNumber(at, 12);
    call.loosen(at, 12);
    expect(numbers.getNumber(at, 12)).toBe(value);
    for (const limb of numbers.limbsOf(at, 12)) expect(limb).toBeLessThan(2 ** 29 + 8);
  });
});
