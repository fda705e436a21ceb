import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import {
  hardModuli,
  hardValues,
  inverse,
  loadNumbers,
  power,
  randomBigInt,
} from "../../testkit/crypto/bignum/numbers.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

const setup = (n: bigint, bits: number) => {
  const limbs = call.limbsFor(bits);
  return { limbs, radix: 1n << BigInt(29 * limbs), modulus: numbers.modulus(n, bits) };
};

describe("powers", () => {
  it.each([256, 512, 1024, 1536, 2048])("modulo %i bits agree with BigInt", (bits) => {
    const n = hardModuli(bits)[bits % 3 === 0 ? 0 : 4] as bigint;
    const { limbs, radix, modulus } = setup(n, bits);
    const [a, e, r] = [numbers.number(limbs), numbers.number(limbs), numbers.number(limbs)];
    const exponents = [0n, 1n, 31n, 32n, (1n << BigInt(bits)) - 1n, 1n << BigInt(bits - 1), randomBigInt(bits)];
    for (const exponent of bits > 1024 ? exponents.slice(4) : exponents) {
      const base = randomBigInt(bits) % n;
      numbers.setNumber(a, (base * radix) % n, limbs);
      numbers.setNumber(e, exponent, limbs);
      call.montPower(r, a, e, bits, modulus);
      expect(numbers.getNumber(r, limbs) % n).toBe((power(base, exponent, n) * radix) % n);
      call.montPowerOfTwo(r, e, bits, modulus);
      expect(numbers.getNumber(r, limbs) % n).toBe((power(2n, exponent, n) * radix) % n);
    }
  });

  it("take only the exponent's low bits", () => {
    const n = hardModuli(256)[4] as bigint;
    const { limbs, radix, modulus } = setup(n, 256);
    const base = randomBigInt(256) % n;
    const [a, r] = [numbers.putNumber((base * radix) % n, limbs), numbers.number(limbs)];
    const exponent = randomBigInt(256);
    for (let bits = 1; bits <= 40; bits++) {
      const low = exponent & ((1n << BigInt(bits)) - 1n);
      call.montPower(r, a, numbers.putNumber(exponent, limbs), bits, modulus);
      expect(numbers.getNumber(r, limbs) % n).toBe((power(base, low, n) * radix) % n);
    }
  });

  it("of 0, 1 and N - 1 are what they should be", () => {
    const n = hardModuli(512)[4] as bigint;
    const { limbs, radix, modulus } = setup(n, 512);
    const r = numbers.number(limbs);
    for (const base of [0n, 1n, n - 1n]) {
      const a = numbers.putNumber((base * radix) % n, limbs);
      for (const exponent of [0n, 1n, 2n, n - 1n]) {
        call.montPower(r, a, numbers.putNumber(exponent, limbs), 512, modulus);
        expect(numbers.getNumber(r, limbs) % n).toBe((power(base, exponent, n) * radix) % n);
      }
    }
  });

  it("with a public word agree with BigInt", () => {
    const n = hardModuli(1024)[4] as bigint;
    const { limbs, radix, modulus } = setup(n, 1024);
    const base = randomBigInt(1024) % n;
    const [a, r] = [numbers.putNumber((base * radix) % n, limbs), numbers.number(limbs)];
    for (const exponent of [1, 2, 3, 17, 65537, 0x80000000, 0xffffffff]) {
      call.montPowerWord(r, a, exponent, modulus);
      expect(numbers.getNumber(r, limbs) % n).toBe((power(base, BigInt(exponent), n) * radix) % n);
    }
  });
});

describe("inverses", () => {
  it.each([192, 256, 521, 638, 1024, 2048])("modulo %i bits agree with BigInt, or there is none", (bits) => {
    for (const n of hardModuli(bits)) {
      numbers.reset();
      const { limbs, modulus } = setup(n, bits);
      const r = numbers.number(limbs);
      for (const x of hardValues(n, 3).slice(0, bits > 1024 ? 12 : 40)) {
        const expected = inverse(x, n);
        expect(call.invert(r, numbers.putNumber(x, limbs), modulus) | 0).toBe(expected === undefined ? 0 : -1);
        if (expected !== undefined) expect(numbers.getNumber(r, limbs)).toBe(expected);
      }
    }
  });

  it("don't exist when there is a common factor", () => {
    for (const factor of [3n, 65537n, randomBigInt(100) | 1n]) {
      const n = (factor * (randomBigInt(255 - factor.toString(2).length) | 1n)) | 0n;
      const bits = n.toString(2).length;
      const { limbs, modulus } = setup(n, bits);
      const r = numbers.number(limbs);
      expect(call.invert(r, numbers.putNumber((factor * 12345n) % n, limbs), modulus)).toBe(0);
    }
  });

  it("leave nothing behind in static memory", () => {
    const n = hardModuli(256)[4] as bigint;
    const { limbs, modulus } = setup(n, 256);
    const secret = randomBytes(32);
    const a = numbers.putNumber(BigInt(`0x${secret.toString("hex")}`) % n, limbs);
    const r = numbers.number(limbs);
    call.invert(r, a, modulus);
    const pattern = numbers.get(a, 16);
    expect(numbers.find(pattern)).toEqual([a]);
    expect(numbers.find(numbers.get(r, 16))).toEqual([r]);
  });
});

describe("whatever makes whole numbers", () => {
  it("leaves zeros in the guard limbs, over whatever was there", () => {
    const n = hardModuli(256)[4] as bigint;
    const { limbs, modulus } = setup(n, 256);
    const [a, e] = [numbers.putNumber(randomBigInt(255), limbs), numbers.putNumber(5n, limbs)];
    const wide = numbers.putNumber(n * 77n, 2 * limbs);
    const bytes = numbers.put(randomBytes(32));
    const makers: [string, number, (r: number) => void][] = [
      ["setZero", limbs, (r) => call.setZero(r, limbs)],
      ["setWord", limbs, (r) => call.setWord(r, 5, limbs)],
      ["copyNumber", limbs, (r) => call.copyNumber(r, a, limbs)],
      ["fromBytes", limbs, (r) => call.fromBytes(r, limbs, bytes, 32)],
      ["multiply", 2 * limbs, (r) => call.multiply(r, a, limbs, e, limbs)],
      ["divideExactly", limbs, (r) => call.divideExactly(r, wide, 2 * limbs, call.modulusSquare(modulus), limbs)],
      ["reduceWide", limbs, (r) => call.reduceWide(r, wide, 2 * limbs, modulus)],
      ["invert", limbs, (r) => call.invert(r, a, modulus)],
      ["montPower", limbs, (r) => call.montPower(r, a, e, 256, modulus)],
      ["montPowerOfTwo", limbs, (r) => call.montPowerOfTwo(r, e, 256, modulus)],
      ["montPowerWord", limbs, (r) => call.montPowerWord(r, a, 5, modulus)],
    ];
    for (const [name, size, make] of makers) {
      const r = numbers.put(Buffer.alloc(4 * size + 24, 0xdb));
      make(r);
      expect([name, numbers.get(r + 4 * size, 24).toString("hex")]).toEqual([
        name,
        `${"00".repeat(16)}${"db".repeat(8)}`,
      ]);
    }
  });
});

describe("products and quotients", () => {
  it.each([
    [4, 4],
    [20, 20],
    [36, 20],
    [72, 72],
  ])("of %i by %i limbs agree with BigInt, at the extreme too", (m, n) => {
    const [limitA, limitB] = [1n << BigInt(29 * m), 1n << BigInt(29 * n)];
    const valuesB = hardValues(limitB, 4);
    hardValues(limitA, 4).forEach((a, i) => {
      numbers.reset();
      const b = i === 3 ? limitB - 1n : (valuesB[(i * 5) % valuesB.length] as bigint) | 1n;
      const [x, y, r, q] = [numbers.putNumber(a, m), numbers.putNumber(b, n), numbers.number(m + n), numbers.number(m)];
      call.multiply(r, x, m, y, n);
      expect(numbers.getNumber(r, m + n)).toBe(a * b);
      expect(call.divideExactly(q, r, m + n, y, n) | 0).toBe(-1);
      expect(numbers.getNumber(q, m)).toBe(a);
    });
  });

  it("a division with remainder, or with a quotient too long, is refused", () => {
    const b = (1n << 500n) + 12345n;
    for (const a of [b * 99n + 1n, b * 99n - 1n, b * 99n + (1n << 700n), 1n, b - 1n]) {
      const q = numbers.number(8);
      expect(call.divideExactly(q, numbers.putNumber(a, 28), 28, numbers.putNumber(b, 20), 20)).toBe(0);
    }
  });

  it("by words agree with BigInt", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 500n) - 1n }),
        fc.integer({ min: 0, max: 0x7fffffff }),
        fc.integer({ min: 0, max: 0xffffffff }),
        (a, half, addend) => {
          numbers.reset();
          const factor = 2 * half + 1;
          const x = numbers.putNumber(a, 20);
          call.multiplyWord(x, factor, addend, 20);
          expect(numbers.getNumber(x, 20)).toBe(a * BigInt(factor) + BigInt(addend));
          numbers.setNumber(x, a * BigInt(factor), 20);
          const beyond = numbers.putNumber(a | 1n, 20);
          call.divideExactlyByWord(x, factor, 20);
          expect(numbers.getNumber(x, 20)).toBe(a);
          expect(numbers.getNumber(beyond, 20)).toBe(a | 1n);
        },
      ),
    );
  });
});

describe("modulo a word", () => {
  it("numbers agree with BigInt", () => {
    const words = [3, 5, 7, 9, 17, 255, 65537, 0x7fffffff, 0x80000001, 0xfffffffb, 0xffffffff];
    for (const m of words) {
      for (const x of [...hardValues(1n << 1044n, 4), BigInt(m), BigInt(m) * 2n ** 900n, BigInt(m) * 2n ** 900n - 1n]) {
        numbers.reset();
        expect(call.reduceByWord(numbers.putNumber(x, 36), 36, m) >>> 0).toBe(Number(x % BigInt(m)));
      }
    }
  });

  it("inverses agree with BigInt, composite moduli too", () => {
    for (const m of [3, 9, 15, 45, 65537, (4295098369 % 2 ** 32) | 1, 0xfffffffb, 0xffffffff]) {
      for (let i = 0; i < 60; i++) {
        const a = i < m ? (i < 30 ? i : Math.floor(Math.random() * m)) : i % m;
        expect(call.invertByWord(a, m >>> 0) >>> 0).toBe(Number(inverse(BigInt(a), BigInt(m >>> 0)) ?? 0n));
      }
    }
  });

  it("primes are told from composites", () => {
    const sieve = Array.from({ length: 20000 }, (_, i) => i > 1);
    for (let i = 2; i < 200; i++) if (sieve[i]) for (let j = i * i; j < 20000; j += i) sieve[j] = false;
    sieve.forEach((prime, i) => {
      if (call.isPrimeWord(i) !== (prime ? 1 : 0)) expect.fail(`${i} was taken for the other`);
    });
    for (const prime of [65537, 0x7fffffff, 0xfffffffb]) expect(call.isPrimeWord(prime)).toBe(1);
    for (const composite of [65535, 65521 * 65521, 0xffffffff, 0xfffffffd]) expect(call.isPrimeWord(composite)).toBe(0);
  });
});
