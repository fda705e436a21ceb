import { beforeEach, describe, expect, it } from "vitest";
import { inverse, loadNumbers, toBigInt, toBytes } from "../../testkit/crypto/bignum/numbers.ts";
import { SIZES, testKey } from "../../testkit/crypto/rsa/keys.ts";
import { loadKey } from "../../testkit/crypto/rsa/rsa.ts";

const numbers = await loadNumbers();
const { operations: call, values } = numbers;
const KEY_SIZE = values.RSA_KEY_SIZE;

beforeEach(() => numbers.reset());

/** Offsets of the key's parts: see key.ts. */
const DP = 2464;
const DQ = 2768;
const Q_INVERSE = 3072;

const load = (n: Uint8Array, e: number, p?: Uint8Array) => {
  const key = numbers.take(KEY_SIZE);
  numbers.set(key, Buffer.alloc(KEY_SIZE, 0xee));
  const at = numbers.put(n);
  const done = p
    ? call.rsaLoadPrivate(key, at, n.length, e, numbers.put(p), p.length)
    : call.rsaLoadPublic(key, at, n.length, e);
  return { done: done === 1, key };
};

const partsFit = (n: Uint8Array, e: number, p: Uint8Array) =>
  call.rsaPartsFit(numbers.put(n), n.length, e, numbers.put(p), p.length) === 1;

const expectRefused = (n: Uint8Array, e: number, p?: Uint8Array) => {
  const { done, key } = load(n, e, p);
  expect(done).toBe(false);
  if (p) expect(partsFit(n, e, p)).toBe(false);
  expect(numbers.get(key, KEY_SIZE).equals(Buffer.alloc(KEY_SIZE))).toBe(true);
  expect(call.rsaSize(key)).toBe(0);
};

describe.each(SIZES)("a key of %i bits", (bits) => {
  const { n, p } = testKey(bits);
  const q = toBytes(toBigInt(n) / toBigInt(p), bits / 16);

  it("is made of n, e and either prime", () => {
    for (const [first, second] of [
      [p, q],
      [q, p],
    ] as const) {
      const key = loadKey(numbers, n, 65537, first);
      const limbs = call.limbsFor(bits / 2);
      const [P, Q] = [toBigInt(first), toBigInt(second)];
      expect(call.rsaSize(key)).toBe(bits / 8);
      expect(call.rsaExponent(key)).toBe(65537);
      expect(call.rsaHasPrivateKey(key)).toBe(1);
      expect(numbers.getNumber(key + DP, limbs)).toBe(inverse(65537n, P - 1n));
      expect(numbers.getNumber(key + DQ, limbs)).toBe(inverse(65537n, Q - 1n));
      expect(numbers.getNumber(key + Q_INVERSE, limbs)).toBe(((inverse(Q, P) as bigint) << BigInt(29 * limbs)) % P);
      const out = numbers.take(bits / 8);
      call.rsaGetModulus(key, out);
      expect(numbers.get(out, bits / 8)).toEqual(n);
      call.rsaGetPrime(key, out);
      expect(numbers.get(out, bits / 16)).toEqual(first);
      expect(partsFit(n, 65537, first)).toBe(true);
    }
  });

  it("leaves no prime behind in static memory", () => {
    const key = loadKey(numbers, n, 65537, p);
    const limbs = numbers.get(key + 1216 + 16, 32);
    expect(numbers.find(limbs)).toEqual([key + 1216 + 16]);
    const limbsOfQ = numbers.get(key + 1840 + 16, 32);
    expect(numbers.find(limbsOfQ)).toEqual([key + 1840 + 16]);
    for (const at of [DP, DQ]) expect(numbers.find(numbers.get(key + at, 32))).toEqual([key + at]);
    expect(partsFit(n, 65537, p)).toBe(true);
    expect(numbers.find(limbs)).toEqual([key + 1216 + 16]);
    expect(numbers.find(limbsOfQ)).toEqual([key + 1840 + 16]);
  });

  it("takes the exponents that have an inverse, small, large and composite, and refuses the others", () => {
    const phi = (toBigInt(p) - 1n) * (toBigInt(q) - 1n);
    for (const e of [3, 5, 7, 9, 15, 17, 257, 65539, 0x7fffffff, 0xfffffffb, 0xffffffff]) {
      if (inverse(BigInt(e), phi) === undefined) expectRefused(n, e, p);
      else {
        const { done, key } = load(n, e, p);
        expect(done).toBe(true);
        expect(partsFit(n, e, p)).toBe(true);
        expect(numbers.getNumber(key + DP, call.limbsFor(bits / 2))).toBe(inverse(BigInt(e), toBigInt(p) - 1n));
      }
    }
  });
});

describe("no key is made of", () => {
  const { n, p } = testKey(1024);
  const changed = (bytes: Buffer, at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };

  it("a modulus of another size", () => {
    for (const size of [0, 1, 64, 127, 129, 192, 255, 257, 513, 0x20000080]) {
      const key = numbers.take(KEY_SIZE);
      expect(call.rsaLoadPublic(key, numbers.put(Buffer.alloc(600, 0xff)), size, 65537)).toBe(0);
    }
    for (let bits = 0; bits < 5000; bits++) expect(call.rsaBitsSupported(bits)).toBe(SIZES.includes(bits) ? 1 : 0);
  });

  it("an even modulus, or one with its highest bit 0", () => {
    expectRefused(changed(n, 127, 0xfe), 65537);
    expectRefused(changed(n, 0, 0x7f), 65537);
  });

  it("an exponent that is even, 1 or 0", () => {
    for (const e of [0, 1, 2, 4, 65536, 0xfffffffe]) expectRefused(n, e);
  });

  it("a prime of another size, an even one, one with its highest bit 0", () => {
    expectRefused(n, 65537, p.subarray(1));
    expectRefused(n, 65537, Buffer.concat([Buffer.alloc(1), p]));
    expectRefused(n, 65537, changed(p, 63, (p[63] as number) & 0xfe));
    expectRefused(n, 65537, changed(p, 0, 0x7f));
  });

  it("something that does not divide the modulus", () => {
    expectRefused(n, 65537, toBytes(toBigInt(p) - 2n, 64));
    expectRefused(n, 65537, toBytes(toBigInt(p) + 2n, 64));
    expectRefused(n, 65537, Buffer.alloc(64, 0xff));
  });

  it("a square", () => {
    expectRefused(toBytes(toBigInt(p) ** 2n, 128), 65537, p);
  });

  it("a prime whose cofactor has a bit more than it", () => {
    const small = (1n << 511n) | 0x1f1n;
    const cofactor = (1n << 512n) + 0x2b1n;
    expectRefused(toBytes(small * cofactor, 128), 65537, toBytes(small, 64));
  });

  it("two factors with a common one; before it is made, its parts fit", () => {
    const common = 0xfffffffbn;
    const other = (start: bigint) => {
      let factor = start | 1n;
      while (factor % 65537n === 1n || (factor * common) % 65537n === 1n) factor += 2n;
      return factor * common;
    };
    const [P, Q] = [other(3n << 478n), other(7n << 477n)];
    const [modulus, factor] = [toBytes(P * Q, 128), toBytes(P, 64)];
    expect(load(modulus, 65537, factor).done).toBe(false);
    expect(partsFit(modulus, 65537, factor)).toBe(true);
  });
});
