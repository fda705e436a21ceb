import { constants, createHash, randomBytes, sign, verify } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { loadNumbers, power, toBigInt, toBytes } from "../../testkit/crypto/bignum/numbers.ts";
import { SIZES, testKey } from "../../testkit/crypto/rsa/keys.ts";
import { HASHES, loadKey, loadPublicKey, nodeKey, STATUS } from "../../testkit/crypto/rsa/rsa.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

const SHA256 = HASHES[1] as (typeof HASHES)[number];
const message = Buffer.from("What is signed is what was said.");
const digestOf = (name: string) => createHash(name).update(message).digest();
const pssOptions = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

/** Signatures of encoded messages that nobody should make. */
class Forger {
  readonly #n: bigint;
  readonly #d: bigint;
  readonly size: number;
  constructor(n: Uint8Array, p: Uint8Array) {
    this.size = n.length;
    this.#n = toBigInt(n);
    const P = toBigInt(p);
    const phi = (P - 1n) * (this.#n / P - 1n);
    let d = 1n;
    // 65537 d = 1 modulo phi: phi k + 1 is divisible by 65537 for some k.
    for (let k = 1n; ; k++) {
      if ((phi * k + 1n) % 65537n === 0n) {
        d = (phi * k + 1n) / 65537n;
        break;
      }
    }
    this.#d = d;
  }
  sign(encoded: Uint8Array): Buffer {
    return toBytes(power(toBigInt(encoded), this.#d, this.#n), this.size);
  }
  open(signature: Uint8Array): Buffer {
    return toBytes(power(toBigInt(signature), 65537n, this.#n), this.size);
  }
}

describe.each(SIZES)("with %i bits", (bits) => {
  const { n, p } = testKey(bits);
  const node = nodeKey(n, 65537, p);
  const size = bits / 8;

  it.each(HASHES)("RSASSA over $name is what OpenSSL makes", ({ name, algorithm, size: digestSize }) => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(randomBytes(48));
    const digest = numbers.put(digestOf(name));
    const signature = numbers.take(size);
    expect(call.rsassaSign(key, drbg, algorithm, digest, digestSize, signature)).toBe(STATUS.success);
    expect(numbers.get(signature, size)).toEqual(sign(name, message, node.private));
    const open = loadPublicKey(numbers, n, 65537);
    expect(call.rsassaVerify(open, algorithm, digest, digestSize, signature, size)).toBe(STATUS.success);
  });

  it.each(HASHES)(
    "RSAPSS over $name is accepted by OpenSSL, and OpenSSL's here",
    ({ name, algorithm, size: digestSize }) => {
      const key = loadKey(numbers, n, 65537, p);
      const open = loadPublicKey(numbers, n, 65537);
      const drbg = numbers.drbg(randomBytes(48));
      const digest = numbers.put(digestOf(name));
      const signature = numbers.take(size);
      const most = size - digestSize - 2;
      expect(call.rsapssMaxSaltSize(key, algorithm)).toBe(most);
      expect(call.rsapssSaltSize(key, algorithm)).toBe(Math.min(digestSize, most));
      for (const saltSize of [0, 1, Math.min(digestSize, most), most]) {
        expect(call.rsapssSign(key, drbg, algorithm, digest, digestSize, saltSize, signature)).toBe(STATUS.success);
        const bytes = numbers.get(signature, size);
        expect(verify(name, message, { key: node.public, ...pssOptions(saltSize) }, bytes)).toBe(true);
        expect(call.rsapssVerify(open, algorithm, digest, digestSize, signature, size)).toBe(STATUS.success);
        numbers.set(signature, sign(name, message, { key: node.private, ...pssOptions(saltSize) }));
        expect(call.rsapssVerify(open, algorithm, digest, digestSize, signature, size)).toBe(STATUS.success);
      }
    },
  );
});

describe("RSASSA", () => {
  const { n, p } = testKey(1024);
  const forger = new Forger(n, p);
  const digest = digestOf("sha256");
  const verifies = (signature: Uint8Array, of: Uint8Array = digest) =>
    call.rsassaVerify(
      loadPublicKey(numbers, n, 65537),
      SHA256.algorithm,
      numbers.put(of),
      of.length,
      numbers.put(signature),
      signature.length,
    );
  const good = sign("sha256", message, nodeKey(n, 65537, p).private);

  it("refuses every change of the encoded message", () => {
    const encoded = forger.open(good);
    expect(verifies(forger.sign(encoded))).toBe(STATUS.success);
    for (let i = 0; i < encoded.length; i++) {
      numbers.reset();
      const changed = Buffer.from(encoded);
      changed[i] = (changed[i] as number) ^ (i === 0 ? 1 : 0x10);
      if (toBigInt(changed) < toBigInt(n)) expect(verifies(forger.sign(changed))).toBe(STATUS.value);
    }
  });

  it("refuses shortened padding with the digest moved forward (Bleichenbacher 2006)", () => {
    const encoded = forger.open(good);
    const tail = encoded.subarray(encoded.indexOf(0, 1));
    const forged = Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(8, 0xff), tail, randomBytes(128)]).subarray(0, 128);
    expect(verifies(forger.sign(forged))).toBe(STATUS.value);
  });

  it("refuses another digest, another hash, another size, and numbers not below n", () => {
    expect(verifies(good)).toBe(STATUS.success);
    expect(verifies(good, Buffer.alloc(32))).toBe(STATUS.value);
    expect(verifies(good.subarray(1))).toBe(STATUS.value);
    expect(verifies(Buffer.concat([Buffer.alloc(1), good]))).toBe(STATUS.value);
    expect(verifies(n)).toBe(STATUS.value);
    expect(verifies(toBytes((toBigInt(good) + toBigInt(n)) % (1n << 1024n), 128))).toBe(STATUS.value);
    expect(verifies(Buffer.alloc(128))).toBe(STATUS.value);
    const sha1 = sign("sha1", message, nodeKey(n, 65537, p).private);
    expect(verifies(sha1)).toBe(STATUS.value);
  });

  it("refuses digests of a wrong size and unknown hashes", () => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(randomBytes(48));
    const [at, out] = [numbers.put(digest), numbers.take(128)];
    for (const size of [0, 20, 31, 33, 64]) {
      expect(call.rsassaSign(key, drbg, SHA256.algorithm, at, size, out)).toBe(STATUS.size);
      expect(call.rsassaVerify(key, SHA256.algorithm, at, size, out, 128)).toBe(STATUS.size);
    }
    for (const algorithm of [0, 0x0010, 0x0006, 0xffff]) {
      expect(call.rsassaSign(key, drbg, algorithm, at, 32, out)).toBe(STATUS.hash);
      expect(call.rsassaVerify(key, algorithm, at, 32, out, 128)).toBe(STATUS.hash);
      expect(call.rsapssSign(key, drbg, algorithm, at, 32, 0, out)).toBe(STATUS.hash);
      expect(call.rsapssVerify(key, algorithm, at, 32, out, 128)).toBe(STATUS.hash);
    }
  });
});

describe("RSAPSS", () => {
  const { n, p } = testKey(1024);
  const forger = new Forger(n, p);
  const digest = digestOf("sha256");
  const node = nodeKey(n, 65537, p);
  const verifies = (signature: Uint8Array, of: Uint8Array = digest) =>
    call.rsapssVerify(
      loadPublicKey(numbers, n, 65537),
      SHA256.algorithm,
      numbers.put(of),
      of.length,
      numbers.put(signature),
      signature.length,
    );
  const good = sign("sha256", message, { key: node.private, ...pssOptions(20) });

  it("refuses every change of the encoded message", () => {
    const encoded = forger.open(good);
    expect(verifies(forger.sign(encoded))).toBe(STATUS.success);
    for (let i = 0; i < encoded.length; i++) {
      numbers.reset();
      const changed = Buffer.from(encoded);
      changed[i] = (changed[i] as number) ^ 1;
      if (toBigInt(changed) < toBigInt(n)) expect(verifies(forger.sign(changed))).toBe(STATUS.value);
    }
    const high = Buffer.from(encoded);
    high[0] = (high[0] as number) | 0x80;
    if (toBigInt(high) < toBigInt(n)) expect(verifies(forger.sign(high))).toBe(STATUS.value);
  });

  it("refuses padding without a 1, with another byte before it, and of nothing but zeros", () => {
    const masked = 128 - 32 - 1;
    const encode = (block: Buffer, salt: Buffer) => {
      const h = createHash("sha256").update(Buffer.alloc(8)).update(digest).update(salt).digest();
      const out = Buffer.from(block);
      for (let counter = 0; counter * 32 < masked; counter++) {
        const mask = createHash("sha256")
          .update(h)
          .update(Buffer.from([0, 0, 0, counter]))
          .digest();
        for (let i = 0; i < 32 && counter * 32 + i < masked; i++) out[counter * 32 + i]! ^= mask[i] as number;
      }
      out[0]! &= 0x7f;
      return Buffer.concat([out, h, Buffer.from([0xbc])]);
    };
    const block = (...tail: number[]) => Buffer.concat([Buffer.alloc(masked - tail.length), Buffer.from(tail)]);
    expect(verifies(forger.sign(encode(block(1, 5, 6), Buffer.from([5, 6]))))).toBe(STATUS.success);
    expect(verifies(forger.sign(encode(block(1), Buffer.alloc(0))))).toBe(STATUS.success);
    expect(verifies(forger.sign(encode(block(2, 5, 6), Buffer.from([5, 6]))))).toBe(STATUS.value);
    expect(verifies(forger.sign(encode(block(3, 1, 5, 6), Buffer.from([5, 6]))))).toBe(STATUS.value);
    expect(verifies(forger.sign(encode(block(), Buffer.alloc(0))))).toBe(STATUS.value);
  });

  it("refuses another digest, another size, and numbers not below n", () => {
    expect(verifies(good)).toBe(STATUS.success);
    expect(verifies(good, Buffer.alloc(32))).toBe(STATUS.value);
    expect(verifies(good, digest.subarray(1))).toBe(STATUS.value);
    expect(verifies(good.subarray(1))).toBe(STATUS.value);
    expect(verifies(n)).toBe(STATUS.value);
    expect(verifies(Buffer.alloc(128))).toBe(STATUS.value);
  });

  it("takes digests of any size", () => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(randomBytes(48));
    const out = numbers.take(128);
    for (const size of [0, 1, 20, 48, 100]) {
      const at = numbers.put(Buffer.alloc(size, 3));
      expect(call.rsapssSign(key, drbg, SHA256.algorithm, at, size, 32, out)).toBe(STATUS.success);
      expect(call.rsapssVerify(key, SHA256.algorithm, at, size, out, 128)).toBe(STATUS.success);
    }
  });

  it("refuses too long a salt, and needs random numbers", () => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(randomBytes(48));
    const [at, out] = [numbers.put(digest), numbers.take(128)];
    expect(call.rsapssSign(key, drbg, SHA256.algorithm, at, 32, 94, out)).toBe(STATUS.success);
    expect(call.rsapssSign(key, drbg, SHA256.algorithm, at, 32, 95, out)).toBe(STATUS.hash);
    expect(call.rsapssSign(key, numbers.take(64), SHA256.algorithm, at, 32, 32, out)).toBe(STATUS.random);
    expect(call.rsapssMaxSaltSize(key, 0x0010)).toBe(-1);
  });

  it("salts differ from one signature to the next", () => {
    const key = loadKey(numbers, n, 65537, p);
    const drbg = numbers.drbg(randomBytes(48));
    const [at, out] = [numbers.put(digest), numbers.take(128)];
    const seen = new Set<string>();
    for (let i = 0; i < 10; i++) {
      call.rsapssSign(key, drbg, SHA256.algorithm, at, 32, 32, out);
      seen.add(numbers.get(out, 128).toString("hex"));
    }
    expect(seen.size).toBe(10);
  });
});

describe("DigestInfo", () => {
  // RFC 8017, 9.2, note 1; SHA-3: RFC 8702 names the identifiers; SM3: GM/T 0006.
  const PREFIXES: [string, number, string][] = [
    ["sha1", 0x0004, "3021300906052b0e03021a05000414"],
    ["sha256", 0x000b, "3031300d060960864801650304020105000420"],
    ["sha384", 0x000c, "3041300d060960864801650304020205000430"],
    ["sha512", 0x000d, "3051300d060960864801650304020305000440"],
    ["sm3", 0x0012, "3030300c06082a811ccf5501831105000420"],
    ["sha3-256", 0x0027, "3031300d060960864801650304020805000420"],
    ["sha3-384", 0x0028, "3041300d060960864801650304020905000430"],
    ["sha3-512", 0x0029, "3051300d060960864801650304020a05000440"],
  ];

  it.each(PREFIXES)("of %s is the standard's, if that hash is implemented", (_name, algorithm, expected) => {
    const out = numbers.take(20);
    const size = call.digestInfoPrefix(algorithm, out);
    expect(numbers.get(out, size).toString("hex")).toBe(call.hashDigestSize(algorithm) === 0 ? "" : expected);
  });

  it("does not exist for other numbers", () => {
    for (const algorithm of [0, 0x0006, 0x0010, 0xffff])
      expect(call.digestInfoPrefix(algorithm, numbers.take(20))).toBe(0);
  });
});
