import { checkPrimeSync, createHash, sign, verify } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { loadNumbers, toBigInt } from "../../testkit/crypto/bignum/numbers.ts";
import { HASHES, nodeKey, STATUS } from "../../testkit/crypto/rsa/rsa.ts";

const numbers = await loadNumbers();
const { operations: call, values } = numbers;

beforeEach(() => numbers.reset());

const SHA256 = HASHES[1] as (typeof HASHES)[number];

function generate(bits: number, e: number, seed: number) {
  numbers.reset();
  const context = numbers.take(values.RSA_KEYGEN_SIZE);
  const key = numbers.take(values.RSA_KEY_SIZE);
  const drbg = numbers.drbg(Buffer.alloc(48, seed));
  expect(call.rsaKeygenStart(context, bits, e)).toBe(1);
  let status = STATUS.unfinished;
  while (status === STATUS.unfinished) status = call.rsaKeygenStep(context, drbg, key);
  expect(status).toBe(STATUS.success);
  const out = numbers.take(bits / 8);
  call.rsaGetModulus(key, out);
  const n = numbers.get(out, bits / 8);
  call.rsaGetPrime(key, out);
  return { key, drbg, n, p: numbers.get(out, bits / 16) };
}

describe.each([
  [1024, 60, [65537, 3, 5, 7, 257]],
  [2048, 20, [65537, 3]],
  [3072, 4, [65537]],
  [4096, 3, [65537]],
])("%i-bit keys, %i of them", (bits, count, exponents) => {
  it("are keys for OpenSSL, sign there and here, and repeat from their seed", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < count; seed++) {
      const e = exponents[seed % exponents.length] as number;
      const { key, drbg, n, p } = generate(bits, e, seed);
      seen.add(n.toString("hex"));
      const [N, P] = [toBigInt(n), toBigInt(p)];
      expect(checkPrimeSync(P) && checkPrimeSync(N / P)).toBe(true);
      expect(N >> BigInt(bits - 1)).toBe(1n);
      const node = nodeKey(n, e, p);
      const message = Buffer.from(`message ${seed}`);
      const digest = numbers.put(createHash("sha256").update(message).digest());
      const signature = numbers.take(bits / 8);
      expect(call.rsapssSign(key, drbg, SHA256.algorithm, digest, 32, 32, signature)).toBe(STATUS.success);
      const pss = { padding: 6, saltLength: 32 };
      expect(verify("sha256", message, { key: node.public, ...pss }, numbers.get(signature, bits / 8))).toBe(true);
      numbers.set(signature, sign("sha256", message, node.private));
      expect(call.rsassaVerify(key, SHA256.algorithm, digest, 32, signature, bits / 8)).toBe(STATUS.success);
    }
    expect(seen.size).toBe(count);
    expect(generate(bits, exponents[0] as number, 0).n.toString("hex")).toBe([...seen][0]);
  });
});
