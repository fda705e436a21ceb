import { checkPrimeSync, createHash, randomBytes, sign, verify } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { loadNumbers, toBigInt, toBytes } from "../../testkit/crypto/bignum/numbers.ts";
import { testKey } from "../../testkit/crypto/rsa/keys.ts";
import { HASHES, loadKey, nodeKey, STATUS } from "../../testkit/crypto/rsa/rsa.ts";

const numbers = await loadNumbers();
const { operations: call, values } = numbers;

beforeEach(() => numbers.reset());

const SHA256 = HASHES[1] as (typeof HASHES)[number];
const CONTEXT_SIZE = values.RSA_KEYGEN_SIZE;

/** A generation that is under way. */
function start(bits: number, e: number, seed: Uint8Array) {
  const context = numbers.take(CONTEXT_SIZE);
  const key = numbers.take(values.RSA_KEY_SIZE);
  const drbg = numbers.drbg(seed);
  expect(call.rsaKeygenStart(context, bits, e)).toBe(1);
  return { context, key, drbg, step: () => call.rsaKeygenStep(context, drbg, key) };
}

function finish(generation: ReturnType<typeof start>): number {
  let steps = 1;
  for (let status = generation.step(); status !== STATUS.success; status = generation.step()) {
    expect(status).toBe(STATUS.unfinished);
    steps++;
  }
  return steps;
}

function parts(key: number, bits: number) {
  const out = numbers.take(bits / 8);
  call.rsaGetModulus(key, out);
  const n = numbers.get(out, bits / 8);
  call.rsaGetPrime(key, out);
  return { n, p: numbers.get(out, bits / 16) };
}

describe("a generated key", () => {
  it.each([
    [1024, 65537],
    [1024, 3],
    [1024, 17],
    [1024, 0xfffffffb],
    [2048, 65537],
  ])("of %i bits with e = %i is one for OpenSSL", (bits, e) => {
    const generation = start(bits, e, randomBytes(48));
    finish(generation);
    const { n, p } = parts(generation.key, bits);
    const [N, P] = [toBigInt(n), toBigInt(p)];
    const Q = N / P;
    expect(P * Q).toBe(N);
    for (const prime of [P, Q]) {
      expect(checkPrimeSync(prime)).toBe(true);
      // At least sqrt(2) 2^(bits / 2 - 1).
      expect(prime * prime * 2n >= 1n << BigInt(bits)).toBe(true);
      expect(prime < 1n << BigInt(bits / 2)).toBe(true);
    }
    const distance = P > Q ? P - Q : Q - P;
    expect(distance > 1n << BigInt(bits / 2 - 100)).toBe(true);

    const node = nodeKey(n, e, p);
    const message = Buffer.from("signed here, verified there");
    const digest = numbers.take(32);
    call.hash(SHA256.algorithm, numbers.put(message), message.length, digest);
    const signature = numbers.take(bits / 8);
    call.rsassaSign(generation.key, generation.drbg, SHA256.algorithm, digest, 32, signature);
    expect(verify("sha256", message, node.public, numbers.get(signature, bits / 8))).toBe(true);
    numbers.set(signature, sign("sha256", message, node.private));
    expect(call.rsassaVerify(generation.key, SHA256.algorithm, digest, 32, signature, bits / 8)).toBe(STATUS.success);
  });

  // A TPM makes its primary keys from a seed, over and over: were these others, an EK would no longer fit its certificate.
  it.each([
    [1024, 65537, 1, "432513b0a56d9df840b9da603185e31c"],
    [1024, 3, 2, "fb3980d1987a9a3c5eb0df4046cd33e6"],
    [1024, 65537, 3, "ce00d4db269532811875d790ebfa09c3"],
    [2048, 65537, 4, "ea25603f8808d1c69cb804595d1a4dd5"],
  ])("of %i bits with e = %i is what the seed %i has always given", (bits, e, seed, expected) => {
    const generation = start(bits, e, Buffer.alloc(48, seed));
    finish(generation);
    const { n } = parts(generation.key, bits);
    expect(createHash("sha256").update(n).digest("hex").slice(0, 32)).toBe(expected);
  });

  it("is the same from the same seed, and another from another", () => {
    const keys = [1, 1, 2].map((seed) => {
      const generation = start(1024, 65537, Buffer.alloc(48, seed));
      finish(generation);
      return parts(generation.key, 1024).n.toString("hex");
    });
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBe(keys[2]);
  });
});

describe("a generation in slices", () => {
  const seed = Buffer.alloc(48, 5);

  it("goes on from a copy of its context, made after any step, beside others", () => {
    const straight = start(1024, 65537, seed);
    const steps = finish(straight);
    const expected = parts(straight.key, 1024).n;
    numbers.reset();

    // Every step of this one is done elsewhere in memory, with another generation's step between.
    const other = start(1024, 65537, Buffer.alloc(48, 6));
    let { context, drbg } = start(1024, 65537, seed);
    const key = numbers.take(values.RSA_KEY_SIZE);
    const places = [numbers.take(CONTEXT_SIZE), numbers.take(CONTEXT_SIZE)];
    const generators = [numbers.take(64), numbers.take(64)];
    let otherDone = false;
    for (let i = 0; i < steps; i++) {
      const [nextContext, nextDrbg] = [places[i % 2] as number, generators[i % 2] as number];
      numbers.set(nextContext, numbers.get(context, CONTEXT_SIZE));
      numbers.set(nextDrbg, numbers.get(drbg, 64));
      numbers.set(context, Buffer.alloc(CONTEXT_SIZE));
      [context, drbg] = [nextContext, nextDrbg];
      expect(call.rsaKeygenStep(context, drbg, key)).toBe(i === steps - 1 ? STATUS.success : STATUS.unfinished);
      if (!otherDone) otherDone = other.step() === STATUS.success;
    }
    expect(parts(key, 1024).n).toEqual(expected);
  });

  it("is canceled by wiping its context", () => {
    const generation = start(1024, 65537, seed);
    for (let i = 0; i < 5; i++) generation.step();
    call.wipe(generation.context, CONTEXT_SIZE);
    expect(generation.step()).toBe(STATUS.value);
    expect(call.rsaSize(generation.key)).toBe(0);
  });

  it("wipes its context, and leaves no prime in static memory", () => {
    const generation = start(1024, 65537, seed);
    finish(generation);
    expect(numbers.get(generation.context, CONTEXT_SIZE).equals(Buffer.alloc(CONTEXT_SIZE))).toBe(true);
    const { p } = parts(generation.key, 1024);
    numbers.reset();
    expect(numbers.find(p.subarray(0, 24))).toEqual([]);
    const limbs = numbers.putNumber(toBigInt(p), 20);
    expect(numbers.find(numbers.get(limbs, 24))).toEqual([limbs]);
    expect(generation.step()).toBe(STATUS.value);
  });

  it("waits for a generator that must be reseeded", () => {
    const generation = start(1024, 65537, seed);
    const empty = numbers.take(64);
    for (let i = 0; ; i++) {
      expect(i).toBeLessThan(2000);
      const before = numbers.get(generation.context, CONTEXT_SIZE);
      const status = call.rsaKeygenStep(generation.context, empty, generation.key);
      expect(status).toBe(STATUS.random);
      expect(numbers.get(generation.context, CONTEXT_SIZE)).toEqual(before);
      if (generation.step() === STATUS.success) break;
    }
  });
});

describe("no generation starts", () => {
  it("with another size, or an exponent that is not an odd prime", () => {
    const context = numbers.put(Buffer.alloc(CONTEXT_SIZE, 1));
    for (const bits of [0, 512, 1023, 1536, 2047, 8192]) expect(call.rsaKeygenStart(context, bits, 65537)).toBe(0);
    for (const e of [0, 1, 2, 4, 9, 15, 65535, 65536, 0xffffffff]) {
      numbers.set(context, Buffer.alloc(CONTEXT_SIZE, 1));
      expect(call.rsaKeygenStart(context, 1024, e)).toBe(0);
      expect(numbers.get(context, CONTEXT_SIZE).equals(Buffer.alloc(CONTEXT_SIZE))).toBe(true);
    }
    expect(call.rsaKeygenStep(context, numbers.drbg(randomBytes(48)), numbers.take(4096))).toBe(STATUS.value);
  });
});

describe("primes that are too near", () => {
  it("are told: the difference must be above 2^(bits - 100)", () => {
    const p = (3n << 510n) + 1n;
    const least = 1n << 412n;
    for (const [distance, far] of [
      [least + 2n, 1],
      [least + 1n, 1],
      [least, 0],
      [least - 2n, 0],
      [2n, 0],
      [0n, 0],
      [1n << 509n, 1],
    ] as const) {
      const [x, y] = [numbers.putNumber(p, 20), numbers.putNumber(p + distance, 20)];
      expect(call.primesFarApart(x, y, 512)).toBe(far);
      expect(call.primesFarApart(y, x, 512)).toBe(far);
    }
  });
});

describe("a private exponent that is too small", () => {
  // Primes p = a g + 1 and q = b g + 1, so that lcm(p - 1, q - 1) = a b g is hardly above 2^512, and a word e with
  // e d = 1 + a b g. Found by random search, which takes from a second to half a minute each.
  it.each([
    [
      657n,
      671n,
      49367,
      0x61395b9683a131f4831e7837868b1707fb4ef627649418faa0a69a5e88a816e8c584a695674a6488e974d5ea21898e9a484788b4a4de5d77b5a2c720c15736n,
    ],
    [
      643n,
      663n,
      2641,
      0x60eb128624e9bc351409eb7f1130dd2f28aceaa5b8694b417e8375436dfe01a25c70d877ef92859961a7ffb7039f87a3805a17852a3eefc00d372f3279f852n,
    ],
    [
      647n,
      675n,
      2423,
      0x605e0dc6719563c898136490466dbd125934ba6c6250f5e88704aa71134f34d8af18b162367a04c5d6d4d292e1c9b734aefc964698b95ef91b6c2ec13c2472n,
    ],
  ])("is told from others, and works all the same: a = %i, b = %i, e = %i", (a, b, e, g) => {
    const [p, q] = [a * g + 1n, b * g + 1n];
    expect([checkPrimeSync(p), checkPrimeSync(q)]).toEqual([true, true]);
    const d = (a * b * g + 1n) / BigInt(e);
    expect(BigInt(e) * d).toBe(a * b * g + 1n);
    expect(d <= 1n << 512n).toBe(true);
    const key = loadKey(numbers, toBytes(p * q, 128), e, toBytes(p, 64));
    expect(call.privateExponentIsLarge(key)).toBe(0);
    const at = numbers.put(toBytes(5n, 128));
    expect(call.rsaPublic(key, at, 128, at)).toBe(STATUS.success);
    expect(call.rsaPrivate(key, numbers.drbg(randomBytes(48)), at, 128, at)).toBe(STATUS.success);
    expect(toBigInt(numbers.get(at, 128))).toBe(5n);
  });

  it("is none of those that are generated", () => {
    for (const bits of [1024, 2048]) {
      const { n, p } = testKey(bits);
      expect(call.privateExponentIsLarge(loadKey(numbers, n, 65537, p))).toBe(1);
    }
  });
});
