/** The trace test of RSA: branches and addresses with many secrets (../bignum/trace.ts). */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { loadNumbers, loadTracedNumbers, power, randomBigInt, toBigInt, toBytes } from "../bignum/numbers.ts";
import { Trace } from "../bignum/trace.ts";
import { STATUS } from "./rsa.ts";

export interface SecretKey {
  n: Buffer;
  p: Buffer;
}

const { numbers, instrumented } = await loadTracedNumbers();
const { operations: call, values } = numbers;
const trace = new Trace(instrumented, call.memory);
const SEED = Buffer.alloc(48, 0x33);

/** Runs once for each secret, from the same memory; every run must leave the trace of the first. */
function expectSameTrace<T>(secrets: Iterable<T>, prepare: (secret: T) => () => void): void {
  numbers.reset();
  let first: BigUint64Array | undefined;
  for (const secret of secrets) {
    numbers.reset();
    const run = prepare(secret);
    const now = trace.of(run);
    first ??= now;
    const differences = trace.differences(first, now);
    if (differences.length > 0) expect(differences).toEqual([]);
  }
  expect(first?.some((hash) => hash !== 0n)).toBe(true);
}

const load = ({ n, p }: SecretKey) => {
  const key = numbers.take(values.RSA_KEY_SIZE);
  const [nAt, pAt] = [numbers.put(n), numbers.put(p)];
  return { key, run: () => call.rsaLoadPrivate(key, nAt, n.length, 65537, pAt, p.length) };
};

/** Keys of `bits` bits, made without the instrument, which is slow. */
export async function makeKeys(bits: number, count: number): Promise<SecretKey[]> {
  const plain = await loadNumbers();
  const { operations } = plain;
  return Array.from({ length: count }, () => {
    plain.reset();
    const context = plain.take(values.RSA_KEYGEN_SIZE);
    const key = plain.take(values.RSA_KEY_SIZE);
    const drbg = plain.drbg(randomBytes(48));
    operations.rsaKeygenStart(context, bits, 65537);
    while (operations.rsaKeygenStep(context, drbg, key) === STATUS.unfinished);
    const out = plain.take(bits / 8);
    operations.rsaGetModulus(key, out);
    const n = plain.get(out, bits / 8);
    operations.rsaGetPrime(key, out);
    return { n, p: plain.get(out, bits / 16) };
  });
}

/** Loading a private key, and looking whether its parts fit, does not depend on the key. */
export function expectLoadingTraceless(keys: readonly SecretKey[]): void {
  expectSameTrace(keys, (secret) => {
    const { run } = load(secret);
    return () => expect(run()).toBe(1);
  });
  expectSameTrace(keys, ({ n, p }) => {
    const [nAt, pAt] = [numbers.put(n), numbers.put(p)];
    return () => expect(call.rsaPartsFit(nAt, n.length, 65537, pAt, p.length)).toBe(1);
  });
}

/**
 * The private operation does not depend on the key and the value: with a key that has done `earlier` operations, of which
 * it may keep a blinding.
 */
export function expectPrivateTraceless(keys: readonly SecretKey[], count: number, earlier = 0): void {
  const secrets = Array.from({ length: count }, (_, i) => keys[i % keys.length] as SecretKey);
  expectSameTrace(secrets, (secret) => {
    const { key, run } = load(secret);
    run();
    const drbg = numbers.drbg(SEED);
    const size = secret.n.length;
    const [at, out] = [numbers.put(toBytes(randomBigInt(8 * size) % toBigInt(secret.n), size)), numbers.take(size)];
    for (let i = 0; i < earlier; i++) call.rsaPrivate(key, drbg, at, size, out);
    return () => expect(call.rsaPrivate(key, drbg, at, size, out)).toBe(STATUS.success);
  });
}

/** The private operation does not depend on the blinding and the generator that it comes from. */
export function expectBlindingTraceless(secret: SecretKey, count: number): void {
  expectSameTrace(
    Array.from({ length: count }, () => randomBytes(48)),
    (seed) => {
      const { key, run } = load(secret);
      run();
      const drbg = numbers.drbg(seed);
      const size = secret.n.length;
      const [at, out] = [numbers.put(toBytes(12345n, size)), numbers.take(size)];
      return () => call.rsaPrivate(key, drbg, at, size, out);
    },
  );
}

/** A decryption that fails does not show where the padding is wrong. */
export function expectPaddingTraceless(secret: SecretKey, count: number): void {
  const size = secret.n.length;
  const encodings = Array.from({ length: count }, (_, i) => {
    const encoded = randomBytes(size);
    encoded[0] = 0;
    // Wrong second byte, too short padding, no end of padding; for OAEP, all of them are random.
    if (i % 3 === 0) encoded[1] = 1;
    else {
      encoded[1] = 2;
      for (let k = 2; k < size; k++) encoded[k] ||= 1;
      if (i % 3 === 1) encoded[2 + (i % 8)] = 0;
    }
    return encoded;
  });
  for (const scheme of ["rsaes", "oaep"]) {
    expectSameTrace(encodings, (encoded) => {
      const { key, run } = load(secret);
      run();
      const drbg = numbers.drbg(SEED);
      const ciphertext = toBytes(power(toBigInt(encoded), 65537n, toBigInt(secret.n)), size);
      const [at, out, sizeAt] = [numbers.put(ciphertext), numbers.take(size), numbers.take(4)];
      return () => {
        const status =
          scheme === "rsaes"
            ? call.rsaesDecrypt(key, drbg, at, size, out, size, sizeAt)
            : call.oaepDecrypt(key, drbg, 0x000b, at, 0, at, size, out, size, sizeAt);
        expect(status).toBe(STATUS.value);
      };
    });
  }
}
