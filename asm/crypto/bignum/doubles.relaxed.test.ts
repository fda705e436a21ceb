import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { hardModuli, hardValues, inverse, loadNumbers } from "../../testkit/crypto/bignum/numbers.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

const BITS = 51n;
const SIZES = [512, 1024, 1536, 2048, 3072, 4096];

/** Limbs at an address, which needs no alignment. */
const limbsAt = (at: number, limbs: number) => new Float64Array(call.memory.buffer.slice(at, at + 8 * limbs));

const setLimbs = (at: number, values: readonly number[]) =>
  new Uint8Array(call.memory.buffer).set(new Uint8Array(Float64Array.from(values).buffer), at);

/** Memory for a number of doubles, with its two limbs of zero. */
const take = (limbs: number) => {
  const at = numbers.take(8 * limbs + 16);
  setLimbs(at, Array(limbs + 2).fill(0));
  return at;
};

const putLimbs = (values: readonly number[]) => {
  const at = take(values.length);
  setLimbs(at, values);
  return at;
};

/** A number with balanced limbs, the highest of which takes what is above. */
const put = (value: bigint, limbs: number) => {
  const values: number[] = [];
  let rest = value;
  for (let i = 0; i < limbs; i++) {
    const limb = i === limbs - 1 ? rest : BigInt.asIntN(Number(BITS), rest);
    values.push(Number(limb));
    rest = (rest - limb) >> BITS;
  }
  return putLimbs(values);
};

const numberOf = (limbs: ArrayLike<number>) =>
  Array.from(limbs).reduceRight((value, limb) => (value << BITS) + BigInt(limb), 0n);

/** N' = k N, which is -1 modulo 2^51, and what a test needs beside it. */
function setup(n: bigint, bits: number) {
  const limbs = call.doublesFor(bits, call.limbsFor(bits));
  const radix = 1n << BITS;
  const scaled = n * (radix - (inverse(n % radix, radix) as bigint));
  const backwards = inverse((1n << (BITS * BigInt(limbs))) % n, n) as bigint;
  return { limbs, scaled, backwards, modulus: put(scaled, limbs), r: take(limbs) };
}

/** The number at r is `expected` modulo n, its magnitude below that of `limit` / 10, its limbs balanced. */
function expectNumber(r: number, limbs: number, expected: bigint, n: bigint, limit: bigint) {
  const values = Array.from(limbsAt(r, limbs));
  const value = numberOf(values);
  expect((((value - expected) % n) + n) % n).toBe(0n);
  expect(10n * (value < 0n ? -value : value) < limit).toBe(true);
  expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(2 ** 50 + 2 ** 8);
  expect(Array.from(limbsAt(r + 8 * limbs, 2))).toEqual([0, 0]);
}

function expectProducts(at: ReturnType<typeof setup>, n: bigint, a: number, b: number) {
  const { limbs, scaled, backwards, modulus, r } = at;
  const [x, y] = [numberOf(limbsAt(a, limbs)), numberOf(limbsAt(b, limbs))];
  call.productOfDoubles(r, a, b, modulus, limbs);
  expectNumber(r, limbs, x * y * backwards, n, 6n * scaled);
  call.squareOfDoubles(r, a, modulus, limbs, 0);
  expectNumber(r, limbs, x * x * backwards, n, 6n * scaled);
  call.squareOfDoubles(r, b, modulus, limbs, 1);
  expectNumber(r, limbs, 2n * y * y * backwards, n, 12n * scaled);
}

describe.each(SIZES)("products and squares modulo %i bits agree with BigInt", (bits) => {
  const extremes = [2 ** 50, -(2 ** 50), 2 ** 50 + 2 ** 8, -(2 ** 50) - 2 ** 8, 2 ** 50 - 1, 2 ** 49, 1, -1, 0];

  it("at the bounds of the values", () => {
    for (const n of hardModuli(bits)) {
      numbers.reset();
      const at = setup(n, bits);
      const values = [0n, 1n, -1n, n, -n, at.scaled, 4n * at.scaled, -4n * at.scaled];
      const operands = values.map((value) => put(value, at.limbs));
      for (const [i, a] of operands.entries()) {
        expectProducts(at, n, a, operands[(i + 1) % operands.length] as number);
        expectProducts(at, n, a, a);
      }
    }
  });

  it("with every limb at its bound", () => {
    const n = hardModuli(bits)[0] as bigint;
    const at = setup(n, bits);
    // The two highest limbs keep the value within its bounds.
    const operands = extremes.map((limb) =>
      putLimbs(Array.from({ length: at.limbs }, (_, i) => (i < at.limbs - 2 ? limb : 0))),
    );
    for (const a of operands) for (const b of operands) expectProducts(at, n, a, b);
  });

  it("with random limbs, extreme ones among them", () => {
    const { limbs } = setup(hardModuli(bits)[0] as bigint, bits);
    const limb = fc.oneof(fc.constantFrom(...extremes), fc.bigInt({ min: -(2n ** 50n), max: 2n ** 50n }).map(Number));
    const operand = fc.array(limb, { minLength: limbs - 2, maxLength: limbs - 2 });
    const modulus = fc.bigInt({ min: 0n, max: 2n ** BigInt(bits - 1) - 1n });
    fc.assert(
      fc.property(modulus, operand, operand, (low, a, b) => {
        numbers.reset();
        const n = (1n << BigInt(bits - 1)) | low | 1n;
        expectProducts(setup(n, bits), n, putLimbs([...a, 0, 0]), putLimbs([...b, 0, 0]));
      }),
      { numRuns: 40 },
    );
  });

  it("where the result takes the place of an operand", () => {
    const n = hardModuli(bits)[4] as bigint;
    const { limbs, scaled, backwards, modulus } = setup(n, bits);
    const [x, y] = [n - 5n, n / 3n];
    const [a, b] = [put(x, limbs), put(y, limbs)];
    call.productOfDoubles(a, a, b, modulus, limbs);
    expectNumber(a, limbs, x * y * backwards, n, 6n * scaled);
    const before = numberOf(limbsAt(a, limbs));
    call.productOfDoubles(b, a, b, modulus, limbs);
    expectNumber(b, limbs, before * y * backwards, n, 6n * scaled);
    call.squareOfDoubles(a, a, modulus, limbs, 0);
    expectNumber(a, limbs, before * before * backwards, n, 6n * scaled);
  });
});

it.each(SIZES)("numbers of %i bits become doubles and come back", (bits) => {
  const limbs29 = call.limbsFor(bits);
  const limbs = call.doublesFor(bits, limbs29);
  const limit = 1n << BigInt(bits + 4);
  for (const value of [...hardValues(limit), limit - 1n]) {
    numbers.reset();
    const [a, none] = [take(limbs), put(0n, limbs)];
    call.toDoubles(a, limbs, numbers.putNumber(value, limbs29), limbs29);
    expect(numberOf(limbsAt(a, limbs))).toBe(value);
    for (const limb of limbsAt(a, limbs)) expect(Math.abs(limb)).toBeLessThanOrEqual(2 ** 50);
    const r = numbers.number(limbs29);
    call.sumFromDoubles(r, limbs29, a, none, limbs);
    expect(numbers.getNumber(r, limbs29)).toBe(value);
    // A negative number and one that makes up for it.
    call.sumFromDoubles(r, limbs29, put(-value, limbs), put(limit, limbs), limbs);
    expect(numbers.getNumber(r, limbs29)).toBe(limit - value);
  }
});
