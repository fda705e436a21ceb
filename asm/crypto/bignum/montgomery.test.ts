import { beforeEach, describe, expect, it } from "vitest";
import { hardModuli, hardValues, inverse, loadNumbers, randomBigInt } from "../../testkit/crypto/bignum/numbers.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

/** RSA's sizes and ECC's, with one, several and no carries between the passes. */
const SIZES = [192, 256, 384, 521, 638, 768, 896, 1024, 1152, 1536, 2048, 3072, 4096];

const setup = (n: bigint, bits: number) => {
  const limbs = call.limbsFor(bits);
  const radix = 1n << BigInt(29 * limbs);
  return { limbs, radix, one: inverse(radix, n) as bigint, modulus: numbers.modulus(n, bits) };
};

/** A loose result, below 2 N, that stands for `expected` modulo n. */
function expectLoose(at: number, limbs: number, n: bigint, expected: bigint): void {
  const value = numbers.getNumber(at, limbs);
  expect(value % n).toBe(expected % n);
  expect(value < 2n * n).toBe(true);
  for (const limb of numbers.limbsOf(at, limbs)) expect(limb).toBeLessThan(2 ** 29 + 2 ** 6);
}

describe.each(SIZES)("modulo %i bits", (bits) => {
  it("R^2 is right for every hard modulus", () => {
    for (const n of hardModuli(bits)) {
      numbers.reset();
      const { limbs, radix, modulus } = setup(n, bits);
      expect(numbers.getNumber(call.modulusSquare(modulus), limbs)).toBe((radix * radix) % n);
    }
  });

  it("products and squares of tight and loose operands below 16 N agree with BigInt", () => {
    for (const n of hardModuli(bits)) {
      numbers.reset();
      const { limbs, one, modulus } = setup(n, bits);
      const [a, b, r] = [numbers.number(limbs), numbers.number(limbs), numbers.number(limbs)];
      const values = [16n * n - 1n, ...hardValues(16n * n, 1)].slice(0, 10);
      values.forEach((x, i) => {
        const y = values[(i * 7 + 3) % values.length] as bigint;
        numbers.setNumber(a, x, limbs);
        numbers.setNumber(b, y, limbs);
        call.montMultiply(r, a, b, modulus);
        expectLoose(r, limbs, n, x * y * one);
        call.montSquare(r, a, modulus);
        expectLoose(r, limbs, n, x * x * one);
      });
    }
  });

  it("the largest loose limbs everywhere don't overflow a column", () => {
    const limbs = call.limbsFor(bits);
    // N of all ones makes the products m n as large as they get; limbs of 2^29 + 2^7 the products a b.
    for (const n of [2n ** BigInt(bits) - 1n, randomBigInt(bits) | (3n << BigInt(bits - 2)) | 1n]) {
      numbers.reset();
      const { one, modulus } = setup(n, bits);
      const extreme = Array<number>(limbs).fill(2 ** 29 + 2 ** 7);
      // The highest limbs are bounded by the value.
      const [a, b, r] = [numbers.number(limbs), numbers.number(limbs), numbers.number(limbs)];
      for (let i = limbs - 1; i >= 0; i--) {
        numbers.setLimbs(a, extreme);
        if (numbers.getNumber(a, limbs) < 16n * n) break;
        extreme[i] = 0;
      }
      const x = numbers.getNumber(a, limbs);
      numbers.setLimbs(b, extreme);
      call.montMultiply(r, a, b, modulus);
      expectLoose(r, limbs, n, x * x * one);
      call.montSquare(r, a, modulus);
      expectLoose(r, limbs, n, x * x * one);
    }
  });

  it("one operand may be anything below R when the other is below N", () => {
    const n = hardModuli(bits)[4] as bigint;
    const { limbs, radix, one, modulus } = setup(n, bits);
    const [a, r] = [numbers.number(limbs), numbers.number(limbs)];
    for (const x of [radix - 1n, radix - 2n ** 29n, randomBigInt(29 * limbs)]) {
      numbers.setNumber(a, x, limbs);
      call.montMultiply(r, a, numbers.putNumber(n - 1n, limbs), modulus);
      expectLoose(r, limbs, n, x * (n - 1n) * one);
      call.toMontgomery(r, a, modulus);
      expectLoose(r, limbs, n, x * radix);
    }
  });
});

describe("the result may be an operand", () => {
  it("of products and squares", () => {
    const n = hardModuli(1024)[4] as bigint;
    const { limbs, one, modulus } = setup(n, 1024);
    const [x, y] = [randomBigInt(1024), randomBigInt(1024)];
    const [a, b] = [numbers.putNumber(x, limbs), numbers.putNumber(y, limbs)];
    call.montMultiply(a, a, b, modulus);
    expectLoose(a, limbs, n, x * y * one);
    numbers.setNumber(a, x, limbs);
    call.montMultiply(b, a, b, modulus);
    expectLoose(b, limbs, n, x * y * one);
    call.montSquare(a, a, modulus);
    expectLoose(a, limbs, n, x * x * one);
  });
});

describe("reduction", () => {
  it("to and from Montgomery form is the identity, fully reduced", () => {
    for (const bits of [256, 1024, 2048]) {
      for (const n of hardModuli(bits)) {
        numbers.reset();
        const { limbs, modulus } = setup(n, bits);
        for (const x of hardValues(n, 2)) {
          const a = numbers.putNumber(x, limbs);
          call.toMontgomery(a, a, modulus);
          call.fromMontgomery(a, a, modulus);
          expect(numbers.getNumber(a, limbs)).toBe(x);
        }
        // A multiple of N gives 0, not N.
        const a = numbers.putNumber(n, limbs);
        call.fromMontgomery(a, a, modulus);
        expect(numbers.getNumber(a, limbs)).toBe(0n);
      }
    }
  });

  it("of numbers twice as long", () => {
    for (const [bits, wide] of [
      [512, 36],
      [1024, 72],
      [1536, 108],
      [2048, 144],
      [1024, 36],
      [1024, 8],
    ] as const) {
      const n = hardModuli(bits)[4] as bigint;
      const { limbs, radix, modulus } = setup(n, bits);
      const r = numbers.number(limbs);
      for (const x of hardValues(1n << BigInt(29 * wide), 3).slice(-9)) {
        call.reduceWide(r, numbers.putNumber(x, wide), wide, modulus);
        expect(numbers.getNumber(r, limbs) % n).toBe((x * radix) % n);
        expect(numbers.getNumber(r, limbs) < 4n * n).toBe(true);
        for (const limb of numbers.limbsOf(r, limbs)) expect(limb).toBeLessThan(2 ** 29 + 2 ** 7);
      }
      numbers.reset();
    }
  });
});
