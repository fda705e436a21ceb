import { createCipheriv, randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { loadNumbers, power, toBigInt, toBytes } from "../../testkit/crypto/bignum/numbers.ts";
import { SIZES, testKey } from "../../testkit/crypto/rsa/keys.ts";
import { loadKey, loadPublicKey, STATUS } from "../../testkit/crypto/rsa/rsa.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

/** Runs an operation on a number; undefined output when it failed, which must then have been left alone. */
function run(key: number, value: bigint, size: number, operation: "public" | "private", drbg = 0) {
  const input = numbers.put(toBytes(value, size));
  const output = numbers.put(Buffer.alloc(size, 0x77));
  const status =
    operation === "public" ? call.rsaPublic(key, input, size, output) : call.rsaPrivate(key, drbg, input, size, output);
  const bytes = numbers.get(output, size);
  if (status !== STATUS.success) expect(bytes.equals(Buffer.alloc(size, 0x77))).toBe(true);
  return { status, value: toBigInt(bytes) };
}

/** Deterministic values below n without pattern. */
function* values(n: bigint, count: number): Generator<bigint> {
  const cipher = createCipheriv("aes-128-ctr", Buffer.alloc(16, 7), Buffer.alloc(16));
  for (let i = 0; i < count; i++) yield toBigInt(cipher.update(Buffer.alloc(600))) % n;
}

describe.each(SIZES)("with %i bits", (bits) => {
  const { n, p } = testKey(bits);
  const [N, P] = [toBigInt(n), toBigInt(p)];
  const size = bits / 8;
  const extremes = [0n, 1n, 2n, N - 1n, N - 2n, P, P * 2n, N / P, N - P, 1n << BigInt(bits - 1), (1n << 29n) - 1n];

  it("the private operation is the inverse of the public one, at the extremes too", () => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(randomBytes(48));
    for (const value of [...extremes, ...values(N, bits > 2048 ? 2 : 8)]) {
      const encrypted = run(key, value, size, "public");
      expect(encrypted).toEqual({ status: STATUS.success, value: power(value, 65537n, N) });
      expect(run(key, encrypted.value, size, "private", drbg)).toEqual({ status: STATUS.success, value });
    }
  });

  it("numbers that are not below the modulus are refused", () => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(randomBytes(48));
    for (const value of [N, N + 1n, (1n << BigInt(bits)) - 1n]) {
      expect(run(key, value, size, "public").status).toBe(STATUS.value);
      expect(run(key, value, size, "private", drbg).status).toBe(STATUS.value);
    }
  });

  it("other exponents work, up to 32 bits", () => {
    for (const e of [3, 5, 17, 257, 0x80000001, 0xfffffffb]) {
      const key = loadPublicKey(numbers, n, e);
      const [value] = values(N, 1);
      expect(run(key, value as bigint, size, "public").value).toBe(power(value as bigint, BigInt(e), N));
    }
  });
});

describe("the private operation", () => {
  const { n, p } = testKey(1024);
  const N = toBigInt(n);

  it("works with the smaller prime as p and as q", () => {
    const drbg = numbers.drbg(randomBytes(48));
    for (const prime of [p, toBytes(N / toBigInt(p), 64)]) {
      const key = loadKey(numbers, n, 65537, prime);
      for (const value of values(N, 20)) {
        expect(run(key, power(value, 65537n, N), 128, "private", drbg).value).toBe(value);
      }
    }
  });

  it("works with composite and large exponents", () => {
    const drbg = numbers.drbg(randomBytes(48));
    for (const e of [9, 15, 21, 33, 35, 0xfffffffb, 0xffffffff]) {
      const key = numbers.take(numbers.values.RSA_KEY_SIZE);
      if (call.rsaLoadPrivate(key, numbers.put(n), 128, e, numbers.put(p), 64) !== 1) continue;
      const [value] = values(N, 1);
      expect(run(key, power(value as bigint, BigInt(e), N), 128, "private", drbg).value).toBe(value);
    }
  });

  it("gives the same whatever the blinding", () => {
    const key = loadKey(numbers, n, 65537, p);
    const [value] = values(N, 1);
    const results = new Set<bigint>();
    for (let i = 0; i < 20; i++) {
      results.add(run(key, value as bigint, 128, "private", numbers.drbg(randomBytes(48))).value);
    }
    expect(results.size).toBe(1);
  });

  it("takes fresh random bytes each time", () => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(Buffer.alloc(48, 1));
    const before = numbers.get(drbg, 64);
    run(key, 5n, 128, "private", drbg);
    expect(numbers.get(drbg, 64).equals(before)).toBe(false);
  });

  it("throws a wrong result away, whatever part of the key is damaged", () => {
    const drbg = numbers.drbg(randomBytes(48));
    // dP, dQ, 1 / q, the lowest limbs of p and q, R^2 modulo p.
    for (const offset of [2464, 2468, 2768, 3072, 1232, 1856, 1232 + 96]) {
      const key = loadKey(numbers, n, 65537, p);
      const byte = numbers.get(key + offset, 1);
      numbers.set(key + offset, Buffer.from([(byte[0] as number) ^ 4]));
      expect(run(key, 123456789n, 128, "private", drbg).status).toBe(STATUS.fault);
    }
  });

  it("refuses a key without primes that are prime", () => {
    const factor = (1n << 511n) + 111n * 3n;
    const other = (3n << 510n) + 7n;
    const key = numbers.take(numbers.values.RSA_KEY_SIZE);
    const product = factor * other;
    const bytes = toBytes(product, 128);
    const drbg = numbers.drbg(randomBytes(48));
    if (call.rsaLoadPrivate(key, numbers.put(bytes), 128, 65537, numbers.put(toBytes(factor, 64)), 64) === 1) {
      expect(run(key, 123456789n, 128, "private", drbg).status).toBe(STATUS.fault);
    }
  });

  it("needs a private key, the right size and random numbers", () => {
    const drbg = numbers.drbg(randomBytes(48));
    const [input, output] = [numbers.take(256), numbers.take(256)];
    expect(call.rsaPrivate(loadPublicKey(numbers, n, 65537), drbg, input, 128, output)).toBe(STATUS.noPrivateKey);
    expect(call.rsaPrivate(numbers.take(4096), drbg, input, 0, output)).toBe(STATUS.noPrivateKey);
    const key = loadKey(numbers, n, 65537, p);
    for (const size of [0, 127, 129, 256]) {
      expect(call.rsaPrivate(key, drbg, input, size, output)).toBe(STATUS.size);
      expect(call.rsaPublic(key, input, size, output)).toBe(STATUS.size);
    }
    expect(call.rsaPublic(numbers.take(4096), input, 0, output)).toBe(STATUS.size);
    const notInstantiated = numbers.take(64);
    expect(call.rsaPrivate(key, notInstantiated, input, 128, output)).toBe(STATUS.random);
  });

  it("may write over its input", () => {
    const key = loadKey(numbers, n, 65537, p);
    const at = numbers.put(toBytes(42n, 128));
    expect(call.rsaPrivate(key, numbers.drbg(randomBytes(48)), at, 128, at)).toBe(STATUS.success);
    expect(call.rsaPublic(key, at, 128, at)).toBe(STATUS.success);
    expect(toBigInt(numbers.get(at, 128))).toBe(42n);
  });

  it("leaves neither key nor result nor blinding behind", () => {
    const key = loadKey(numbers, n, 65537, p);
    const [value] = values(N, 1);
    const drbg = numbers.drbg(Buffer.alloc(48, 9));
    const generated = numbers.take(128);
    const same = numbers.drbg(Buffer.alloc(48, 9));
    call.drbgGenerate(same, generated, 64);
    const input = numbers.put(toBytes(power(value as bigint, 65537n, N), 128));
    const output = numbers.take(128);
    expect(call.rsaPrivate(key, drbg, input, 128, output)).toBe(STATUS.success);
    const blinding = numbers.get(generated, 64);
    expect(numbers.find(blinding.subarray(0, 32))).toEqual([generated]);
    const limbs = numbers.putNumber(value as bigint, 36);
    expect(numbers.find(numbers.get(limbs, 32))).toEqual([limbs]);
    for (const offset of [1232, 1856, 2464, 2768, 3072]) {
      expect(numbers.find(numbers.get(key + offset, 32))).toEqual([key + offset]);
    }
  });
});
