import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { inverse, loadNumbers, power, toBigInt, toBytes } from "../../testkit/crypto/bignum/numbers.ts";
import { testKey } from "../../testkit/crypto/rsa/keys.ts";
import { loadKey, STATUS } from "../../testkit/crypto/rsa/rsa.ts";

const numbers = await loadNumbers();
const { operations: call, values } = numbers;

beforeEach(() => numbers.reset());

/** Offset of the blinding in a key, and its size: key.ts. */
const BLINDING = 3376;
const BLINDING_SIZE = 1232;
const USES = 32;

describe.each([1024, 2048])("the blinding of RSA-%i", (bits) => {
  const { n, p } = testKey(bits);
  const [N, P] = [toBigInt(n), toBigInt(p)];
  const size = bits / 8;
  const limbs = call.limbsFor(bits / 2);
  const E = 65537n;

  /** A key, its DRBG, and an operation with them that succeeds. */
  const start = () => {
    const key = loadKey(numbers, n, Number(E), p);
    const drbg = numbers.drbg(randomBytes(48));
    const [input, output] = [numbers.put(toBytes(12345n, size)), numbers.take(size)];
    const run = () => call.rsaPrivate(key, drbg, input, size, output);
    return { key, drbg, run, result: () => toBigInt(numbers.get(output, size)) };
  };

  /** r^e and 1 / r, modulo p and modulo q. */
  const pairs = (key: number) =>
    [P, N / P].map((prime, i) => {
      const backwards = inverse((1n << BigInt(29 * limbs)) % prime, prime) as bigint;
      const [powerOfR, inverseOfR] = [0, 304].map(
        (offset) => (numbers.getNumber(key + BLINDING + 16 + 608 * i + offset, limbs) * backwards) % prime,
      ) as [bigint, bigint];
      return { prime, powerOfR, inverseOfR };
    });

  const expectPairs = (key: number) => {
    for (const { prime, powerOfR, inverseOfR } of pairs(key)) {
      expect((powerOfR * power(inverseOfR, E, prime)) % prime).toBe(1n);
      expect(inverseOfR).toBeGreaterThan(1n);
    }
  };

  it("is a random r^e and 1 / r for each prime, squared for each further use", () => {
    const { key, run } = start();
    expect(run()).toBe(STATUS.success);
    expectPairs(key);
    for (let use = 2; use <= USES; use++) {
      const before = pairs(key);
      expect(run()).toBe(STATUS.success);
      pairs(key).forEach(({ prime, powerOfR, inverseOfR }, i) => {
        expect(powerOfR).toBe((before[i]?.powerOfR as bigint) ** 2n % prime);
        expect(inverseOfR).toBe((before[i]?.inverseOfR as bigint) ** 2n % prime);
      });
    }
  });

  it("is another after so many uses, and takes random bytes only then", () => {
    const { key, drbg, run, result } = start();
    const state = () => numbers.get(drbg, 64).toString("hex");
    const expected = power(12345n, inverse(E, (P - 1n) * (N / P - 1n)) as bigint, N);
    for (let round = 0; round < 3; round++) {
      const [before, pairsBefore] = [state(), pairs(key)];
      expect(run()).toBe(STATUS.success);
      const drawn = state();
      expect(drawn).not.toBe(before);
      expectPairs(key);
      for (const [i, { prime, powerOfR }] of pairs(key).entries()) {
        expect(powerOfR).not.toBe((pairsBefore[i]?.powerOfR as bigint) ** 2n % prime);
      }
      for (let use = 2; use <= USES; use++) expect(run()).toBe(STATUS.success);
      expect(state()).toBe(drawn);
      expect(result()).toBe(expected);
    }
  });

  it("is never the same for two keys", () => {
    const [one, other] = [start(), start()];
    expect([one.run(), other.run()]).toEqual([STATUS.success, STATUS.success]);
    expect(pairs(one.key)[0]?.powerOfR).not.toBe(pairs(other.key)[0]?.powerOfR);
  });

  it("is forgotten when a result was wrong, so that the next operation makes another", () => {
    const { key, run } = start();
    for (const offset of [0, 304, 608, 912]) {
      expect(run()).toBe(STATUS.success);
      const at = key + BLINDING + 16 + offset + 4;
      numbers.set(at, Buffer.from([(numbers.get(at, 1)[0] as number) ^ 4]));
      expect(run()).toBe(STATUS.fault);
      expect(numbers.get(key + BLINDING, BLINDING_SIZE).every((byte) => byte === 0)).toBe(true);
    }
    expect(run()).toBe(STATUS.success);
    expectPairs(key);
  });

  it("is not made when the random number generator must be reseeded first", () => {
    const { key, run } = start();
    const [input, output] = [numbers.put(toBytes(1n, size)), numbers.take(size)];
    expect(call.rsaPrivate(key, numbers.take(64), input, size, output)).toBe(STATUS.random);
    expect(numbers.get(key + BLINDING, BLINDING_SIZE).every((byte) => byte === 0)).toBe(true);
    expect(run()).toBe(STATUS.success);
  });

  it("goes with the key: it lies within it and nowhere else", () => {
    const { key, run } = start();
    expect(run()).toBe(STATUS.success);
    expect(run()).toBe(STATUS.success);
    expect(values.RSA_KEY_SIZE).toBe(BLINDING + BLINDING_SIZE);
    for (const offset of [0, 304, 608, 912]) {
      const at = key + BLINDING + 16 + offset;
      expect(numbers.find(numbers.get(at, 24))).toEqual([at]);
    }
    call.wipe(key, values.RSA_KEY_SIZE);
    expect(numbers.get(key + BLINDING, BLINDING_SIZE).every((byte) => byte === 0)).toBe(true);
  });
});
