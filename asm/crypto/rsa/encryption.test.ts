import { constants, createHash, privateDecrypt, publicEncrypt, randomBytes } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { loadNumbers, power, toBigInt, toBytes } from "../../testkit/crypto/bignum/numbers.ts";
import { SIZES, testKey } from "../../testkit/crypto/rsa/keys.ts";
import { HASHES, loadKey, loadPublicKey, nodeKey, STATUS } from "../../testkit/crypto/rsa/rsa.ts";

const numbers = await loadNumbers();
const { operations: call } = numbers;

beforeEach(() => numbers.reset());

const SHA256 = 0x000b;
const NO_SIZE = 0xabcdef;

/** A decryption's status and message; on failure nothing may have been written. */
function decrypt(run: (out: number, capacity: number, size: number) => number, capacity = 512) {
  const out = numbers.put(Buffer.alloc(512, 0x66));
  const sizeAt = numbers.put(Buffer.from([0xef, 0xcd, 0xab, 0]));
  const status = run(out, capacity, sizeAt);
  const size = numbers.get(sizeAt, 4).readUInt32LE();
  if (status !== STATUS.success) {
    expect(size).toBe(NO_SIZE);
    expect(numbers.get(out, 512).equals(Buffer.alloc(512, 0x66))).toBe(true);
    return { status };
  }
  expect(numbers.get(out + size, 512 - size).equals(Buffer.alloc(512 - size, 0x66))).toBe(true);
  return { status, message: numbers.get(out, size) };
}

const rsaes = (key: number, ciphertext: Uint8Array, capacity?: number) =>
  decrypt(
    (out, room, size) =>
      call.rsaesDecrypt(
        key,
        numbers.drbg(randomBytes(48)),
        numbers.put(ciphertext),
        ciphertext.length,
        out,
        room,
        size,
      ),
    capacity,
  );

const oaep = (key: number, algorithm: number, label: Uint8Array, ciphertext: Uint8Array, capacity?: number) =>
  decrypt(
    (out, room, size) =>
      call.oaepDecrypt(
        key,
        numbers.drbg(randomBytes(48)),
        algorithm,
        numbers.put(label),
        label.length,
        numbers.put(ciphertext),
        ciphertext.length,
        out,
        room,
        size,
      ),
    capacity,
  );

/** Encrypts an encoded message as it is. */
const encryptRaw = (n: Uint8Array, encoded: Uint8Array) =>
  toBytes(power(toBigInt(encoded), 65537n, toBigInt(n)), n.length);

function mgf1(name: string, seed: Uint8Array, size: number): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; Buffer.concat(blocks).length < size; counter++) {
    blocks.push(
      createHash(name)
        .update(seed)
        .update(Buffer.from([0, 0, 0, counter]))
        .digest(),
    );
  }
  return Buffer.concat(blocks).subarray(0, size);
}

const xor = (a: Uint8Array, b: Uint8Array) => Buffer.from(a.map((byte, i) => byte ^ (b[i] as number)));

describe.each(SIZES)("with %i bits", (bits) => {
  const { n, p } = testKey(bits);
  const node = nodeKey(n, 65537, p);
  const size = bits / 8;
  const sizes = (most: number) => (bits > 2048 ? [0, most] : [0, 1, 32, most - 1, most].filter((s) => s <= most));

  it("RSAES opens what OpenSSL encrypts", () => {
    const key = loadKey(numbers, n, 65537, p);
    for (const length of sizes(size - 11)) {
      const message = randomBytes(length);
      const ciphertext = publicEncrypt({ key: node.public, padding: constants.RSA_PKCS1_PADDING }, message);
      expect(rsaes(key, ciphertext)).toEqual({ status: STATUS.success, message });
    }
  });

  it("RSAES pads as RFC 8017 says: what OpenSSL sees after a raw decryption", () => {
    const key = loadPublicKey(numbers, n, 65537);
    const drbg = numbers.drbg(randomBytes(48));
    const out = numbers.take(size);
    for (const length of sizes(size - 11)) {
      const message = randomBytes(length);
      expect(call.rsaesEncrypt(key, drbg, numbers.put(message), length, out)).toBe(STATUS.success);
      const encoded = privateDecrypt({ key: node.private, padding: constants.RSA_NO_PADDING }, numbers.get(out, size));
      expect(encoded.subarray(0, 2)).toEqual(Buffer.from([0, 2]));
      expect(encoded.indexOf(0, 2)).toBe(size - length - 1);
      expect(encoded.subarray(size - length)).toEqual(message);
    }
    expect(call.rsaesEncrypt(key, drbg, out, size - 10, out)).toBe(STATUS.size);
  });

  it.each(HASHES)(
    "OAEP over $name goes both ways with OpenSSL, labels included",
    ({ name, algorithm, size: hashSize }) => {
      const key = loadKey(numbers, n, 65537, p);
      const drbg = numbers.drbg(randomBytes(48));
      const most = size - 2 * hashSize - 2;
      expect(call.oaepMaxMessageSize(key, algorithm)).toBe(Math.max(most, -1));
      if (most < 0) {
        expect(call.oaepEncrypt(key, drbg, algorithm, 0, 0, 0, 0, numbers.take(size))).toBe(STATUS.hash);
        expect(oaep(key, algorithm, Buffer.alloc(0), Buffer.alloc(size)).status).toBe(STATUS.hash);
        return;
      }
      const out = numbers.take(size);
      for (const length of sizes(most)) {
        for (const label of [Buffer.alloc(0), Buffer.from("DUPLICATE\0")]) {
          const options = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: name, oaepLabel: label };
          const message = randomBytes(length);
          expect(oaep(key, algorithm, label, publicEncrypt({ key: node.public, ...options }, message))).toEqual({
            status: STATUS.success,
            message,
          });
          const [labelAt, messageAt] = [numbers.put(label), numbers.put(message)];
          expect(call.oaepEncrypt(key, drbg, algorithm, labelAt, label.length, messageAt, length, out)).toBe(0);
          expect(privateDecrypt({ key: node.private, ...options }, numbers.get(out, size))).toEqual(message);
        }
      }
      expect(call.oaepEncrypt(key, drbg, algorithm, 0, 0, out, most + 1, out)).toBe(STATUS.size);
    },
  );
});

describe("RSAES refuses", () => {
  const { n, p } = testKey(1024);
  const size = 128;
  const encode = (...parts: (number[] | Buffer)[]) => Buffer.concat(parts.map((part) => Buffer.from(part)));
  const open = (encoded: Buffer) => {
    expect(encoded.length).toBe(size);
    return rsaes(loadKey(numbers, n, 65537, p), encryptRaw(n, encoded));
  };

  it("a first byte that is not 0, a second that is not 2", () => {
    const rest = encode(Buffer.alloc(size - 6, 0x11), [0, 1, 2, 3]);
    expect(open(encode([0, 2], rest)).message).toEqual(Buffer.from([1, 2, 3]));
    for (const [a, b] of [
      [0, 0],
      [0, 1],
      [0, 3],
      [0, 0x82],
      [1, 2],
    ] as const) {
      const encoded = encode([a, b], rest);
      if (toBigInt(encoded) < toBigInt(n)) expect(open(encoded).status).toBe(STATUS.value);
    }
  });

  it("fewer than eight bytes of padding", () => {
    for (let padding = 0; padding < 14; padding++) {
      numbers.reset();
      const encoded = encode([0, 2], Buffer.alloc(padding, 0x22), [0], Buffer.alloc(size - padding - 3, 0x33));
      const result = open(encoded);
      expect(result.status).toBe(padding < 8 ? STATUS.value : STATUS.success);
      if (padding >= 8) expect(result.message?.length).toBe(size - padding - 3);
    }
  });

  it("padding without an end", () => {
    expect(open(encode([0, 2], Buffer.alloc(size - 2, 0x44))).status).toBe(STATUS.value);
    // The end may be the last byte: an empty message.
    expect(open(encode([0, 2], Buffer.alloc(size - 3, 0x44), [0])).message).toEqual(Buffer.alloc(0));
  });

  it("a message that does not fit", () => {
    const key = loadKey(numbers, n, 65537, p);
    const ciphertext = encryptRaw(n, encode([0, 2], Buffer.alloc(size - 13, 0x55), [0], Buffer.alloc(10, 7)));
    for (const capacity of [10, 11]) expect(rsaes(key, ciphertext, capacity).status).toBe(STATUS.success);
    for (const capacity of [9, 1, 0]) expect(rsaes(key, ciphertext, capacity).status).toBe(STATUS.value);
  });

  it("ciphertexts of another size, or not below n, and a key without its private part", () => {
    const key = loadKey(numbers, n, 65537, p);
    for (const wrong of [0, 127, 129]) expect(rsaes(key, Buffer.alloc(wrong, 1)).status).toBe(STATUS.size);
    expect(rsaes(key, n).status).toBe(STATUS.value);
    expect(rsaes(loadPublicKey(numbers, n, 65537), Buffer.alloc(128, 1)).status).toBe(STATUS.noPrivateKey);
  });

  it("to encrypt without random numbers", () => {
    const key = loadPublicKey(numbers, n, 65537);
    const out = numbers.take(size);
    expect(call.rsaesEncrypt(key, numbers.take(64), out, 1, out)).toBe(STATUS.random);
    expect(call.oaepEncrypt(key, numbers.take(64), SHA256, 0, 0, out, 1, out)).toBe(STATUS.random);
  });
});

describe("OAEP refuses", () => {
  const { n, p } = testKey(1024);
  const size = 128;
  const label = Buffer.from("label");
  const seed = Buffer.alloc(32, 0x5a);
  const dataSize = size - 33;
  const labelHash = createHash("sha256").update(label).digest();

  /** Encodes any data block, and any first byte. */
  const encode = (data: Buffer, first = 0) => {
    const masked = xor(data, mgf1("sha256", seed, dataSize));
    return Buffer.concat([Buffer.from([first]), xor(seed, mgf1("sha256", masked, 32)), masked]);
  };
  const data = (...tail: number[]) => {
    const block = Buffer.alloc(dataSize);
    labelHash.copy(block);
    Buffer.from(tail).copy(block, dataSize - tail.length);
    return block;
  };
  const open = (encoded: Buffer, capacity?: number) =>
    oaep(loadKey(numbers, n, 65537, p), SHA256, label, encryptRaw(n, encoded), capacity);

  it("a first byte that is not 0", () => {
    expect(open(encode(data(1, 2, 3))).message).toEqual(Buffer.from([2, 3]));
    const encoded = encode(data(1, 2, 3), 1);
    expect(toBigInt(encoded) < toBigInt(n)).toBe(true);
    expect(open(encoded).status).toBe(STATUS.value);
  });

  it("another label, in any byte of its hash", () => {
    for (let i = 0; i < 32; i++) {
      numbers.reset();
      const block = data(1, 9);
      block[i] = (block[i] as number) ^ 1;
      expect(open(encode(block)).status).toBe(STATUS.value);
    }
  });

  it("padding that does not end, or ends with something other than 1", () => {
    expect(open(encode(data())).status).toBe(STATUS.value);
    for (const byte of [2, 3, 0x80, 0x81, 0xff]) expect(open(encode(data(byte, 1, 5))).status).toBe(STATUS.value);
    expect(open(encode(data(1))).message).toEqual(Buffer.alloc(0));
    const full = data();
    full[32] = 1;
    expect(open(encode(full)).message).toEqual(Buffer.alloc(dataSize - 33));
  });

  it("a message that does not fit", () => {
    expect(open(encode(data(1, 2, 3, 4)), 3).status).toBe(STATUS.success);
    expect(open(encode(data(1, 2, 3, 4)), 2).status).toBe(STATUS.value);
  });

  it("a wrong hash, ciphertexts of another size or not below n", () => {
    const key = loadKey(numbers, n, 65537, p);
    const ciphertext = encryptRaw(n, encode(data(1, 2)));
    expect(oaep(key, 0x0004, label, ciphertext).status).toBe(STATUS.value);
    expect(oaep(key, 0x0010, label, ciphertext).status).toBe(STATUS.hash);
    expect(oaep(key, SHA256, label, ciphertext.subarray(1)).status).toBe(STATUS.size);
    expect(oaep(key, SHA256, label, n).status).toBe(STATUS.value);
  });

  it("and leaves no message behind when it fails", () => {
    const secret = randomBytes(24);
    open(encode(data(2, ...secret)));
    expect(numbers.find(secret)).toEqual([]);
  });
});

describe("any encoded message", () => {
  const { n, p } = testKey(1024);
  const size = 128;
  /** Runs of zeros, ones, twos and anything, cut to size: what decoders stumble over. */
  const blocks = (length: number) =>
    fc
      .array(
        fc.tuple(fc.constantFrom(0, 0, 1, 2, 0xff, 0x5c), fc.oneof(fc.integer({ min: 1, max: 4 }), fc.nat(length))),
        { minLength: 1, maxLength: 6 },
      )
      .map((runs) => {
        const out = Buffer.alloc(length, 0x77);
        let at = 0;
        for (const [byte, count] of runs) {
          out.fill(byte, at, Math.min(at + count, length));
          at += count;
        }
        return out;
      });

  it("is opened by RSAES as RFC 8017, 7.2.2 says", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0, 0, 0, 0, 1),
        fc.constantFrom(2, 2, 2, 1, 0),
        blocks(size - 2),
        fc.nat(size),
        (first, second, rest, capacity) => {
          numbers.reset();
          const encoded = Buffer.concat([Buffer.from([first, second]), rest]);
          const end = encoded.indexOf(0, 2);
          const good = first === 0 && second === 2 && end >= 10 && size - end - 1 <= capacity;
          const expected = good
            ? { status: STATUS.success, message: encoded.subarray(end + 1) }
            : { status: STATUS.value };
          expect(rsaes(loadKey(numbers, n, 65537, p), encryptRaw(n, encoded), capacity)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("is opened by OAEP as RFC 8017, 7.1.2 says", () => {
    const labelHash = createHash("sha1").update("any").digest();
    const dataSize = size - 21;
    fc.assert(
      fc.property(
        fc.constantFrom(0, 0, 0, 0, 1),
        fc.oneof(fc.constant(labelHash), fc.constant(labelHash), blocks(20)),
        blocks(dataSize - 20),
        fc.uint8Array({ minLength: 20, maxLength: 20 }),
        fc.nat(size),
        (first, hash, rest, seed, capacity) => {
          numbers.reset();
          const masked = xor(Buffer.concat([hash, rest]), mgf1("sha1", seed, dataSize));
          const encoded = Buffer.concat([Buffer.from([first]), xor(seed, mgf1("sha1", masked, 20)), masked]);
          if (toBigInt(encoded) >= toBigInt(n)) return;
          const end = rest.findIndex((byte) => byte !== 0);
          const room = dataSize - 20 - end - 1 <= capacity;
          const good = first === 0 && hash.equals(labelHash) && end >= 0 && rest[end] === 1 && room;
          const expected = good
            ? { status: STATUS.success, message: rest.subarray(end + 1) }
            : { status: STATUS.value };
          const key = loadKey(numbers, n, 65537, p);
          expect(oaep(key, 0x0004, Buffer.from("any"), encryptRaw(n, encoded), capacity)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
