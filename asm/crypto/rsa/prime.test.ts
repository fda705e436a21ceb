import { checkPrimeSync, generatePrimeSync } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { loadNumbers, randomBigInt } from "../../testkit/crypto/bignum/numbers.ts";

const numbers = await loadNumbers();
const { operations: call, values } = numbers;

beforeEach(() => numbers.reset());

const passes = (w: bigint, base: bigint) => {
  const bits = w.toString(2).length;
  const limbs = call.limbsFor(bits);
  numbers.reset();
  const at = numbers.putNumber(w, limbs);
  return call.millerRabin(at, limbs, bits, base === 0n ? 0 : numbers.putNumber(base, limbs)) === 1;
};

describe("Miller-Rabin", () => {
  it("passes primes, whatever the base", () => {
    for (const bits of [128, 256, 512, 1024]) {
      const prime = generatePrimeSync(bits, { bigint: true });
      for (const base of [0n, 2n, 3n, prime - 2n, randomBigInt(bits - 1) + 2n]) expect(passes(prime, base)).toBe(true);
    }
  });

  it("passes primes with a large power of two in p - 1", () => {
    // Proth primes k 2^a + 1 of 512 bits and more: the longest run of squarings.
    let found = 0;
    for (let k = (1n << 60n) + 1n; found < 2; k += 2n) {
      const w = (k << 451n) + 1n;
      if (!checkPrimeSync(w)) continue;
      found++;
      for (const base of [0n, 3n, 5n, 7n, 11n]) expect(passes(w, base)).toBe(true);
    }
    for (let k = (1n << 480n) + 1n, done = 0; done < 3; k += 2n) {
      const w = (k << 31n) + 1n;
      if (!checkPrimeSync(w)) continue;
      done++;
      for (const base of [0n, 3n, 5n]) expect(passes(w, base)).toBe(true);
    }
  });

  it("agrees with OpenSSL on odd numbers without small factors", () => {
    let composites = 0;
    for (let w = (randomBigInt(255) | 1n) + (1n << 255n), i = 0; i < 150; i++, w += 2n) {
      const prime = checkPrimeSync(w);
      expect(passes(w, 0n)).toBe(prime);
      expect(passes(w, 3n)).toBe(prime);
      if (!prime) composites++;
    }
    expect(composites).toBeGreaterThan(100);
  });

  it("finds pseudoprimes with another base", () => {
    // N = (2^n + 1) / 3 for prime n > 3 passes with base 2, prime or not: 2^n = -1 modulo N, and n divides (N - 1) / 2.
    for (const exponent of [233n, 239n, 241n, 251n, 257n]) {
      const w = ((1n << exponent) + 1n) / 3n;
      expect(passes(w, 0n)).toBe(true);
      expect(passes(w, 3n)).toBe(checkPrimeSync(w));
    }
  });

  it("takes as many rounds as FIPS 186-5 says", () => {
    expect([512, 1024, 1536, 2048].map((bits) => call.millerRabinRounds(bits))).toEqual([8, 5, 4, 4]);
  });
});

describe("the sieve", () => {
  it("marks what has a small factor, and what e forbids, and nothing else", () => {
    const fieldSize = values.FIELD_SIZE;
    const highest = 1 << 18;
    const primes: bigint[] = [];
    const composite = new Uint8Array(highest);
    for (let i = 2; i < highest; i++) {
      if (composite[i]) continue;
      if (i > 2) primes.push(BigInt(i));
      for (let j = i * i; j < highest; j += i) composite[j] = 1;
    }
    for (const [bits, e] of [
      [512, 65537],
      [512, 3],
      [1024, 17],
      [2048, 0xfffffffb],
    ] as const) {
      numbers.reset();
      const x = randomBigInt(bits) | (1n << BigInt(bits - 1)) | 1n;
      const limbs = call.limbsFor(bits);
      const [field, larger] = [numbers.take(fieldSize / 8), numbers.take(fieldSize / 8)];
      call.sieve(field, larger, numbers.putNumber(x, limbs), limbs, bits, e);
      const multiples = (from: number, to: number) => {
        const expected = new Uint8Array(fieldSize);
        for (const prime of primes.filter((prime) => prime >= from && prime < to)) {
          for (let j = ((prime - (x % prime)) * ((prime + 1n) / 2n)) % prime; j < fieldSize; j += prime)
            expected[Number(j)] = 1;
        }
        return expected;
      };
      const expected = multiples(3, 65536);
      const E = BigInt(e);
      for (let j = 0n; j < fieldSize; j++) if ((x + 2n * j) % E === 1n) expected[Number(j)] = 1;
      const marked = (at: number) => {
        const bytes = numbers.get(at, fieldSize / 8);
        return Uint8Array.from(expected, (_, j) => ((bytes[j >> 3] as number) >> (j & 7)) & 1);
      };
      expect(marked(field)).toEqual(expected);
      expect(marked(larger)).toEqual(multiples(65536, Math.min(bits * 256, highest)));
    }
  });
});
