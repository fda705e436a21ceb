import { createHash } from "node:crypto";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { cut, hex, noise } from "../testkit/crypto/bytes.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();
const { call } = kernels;
const { HASH_CONTEXT_SIZE } = kernels.constants;

const HASHES = [
  { name: "sha1", algorithm: 0x0004, digestSize: 20, blockSize: 64, noble: sha1 },
  { name: "sha256", algorithm: 0x000b, digestSize: 32, blockSize: 64, noble: sha256 },
  { name: "sha384", algorithm: 0x000c, digestSize: 48, blockSize: 128, noble: sha384 },
  { name: "sha512", algorithm: 0x000d, digestSize: 64, blockSize: 128, noble: sha512 },
  { name: "sm3", algorithm: 0x0012, digestSize: 32, blockSize: 64, noble: undefined },
  { name: "sha3-256", algorithm: 0x0027, digestSize: 32, blockSize: 136, noble: sha3_256 },
  { name: "sha3-384", algorithm: 0x0028, digestSize: 48, blockSize: 104, noble: sha3_384 },
  { name: "sha3-512", algorithm: 0x0029, digestSize: 64, blockSize: 72, noble: sha3_512 },
] as const;
/** Those that put the length of the message at its end, and that noble has. */
const WITH_LENGTH = HASHES.slice(0, 4) as readonly {
  name: string;
  algorithm: number;
  blockSize: number;
  noble: typeof sha1;
}[];

const native = (name: string, message: Uint8Array) => createHash(name).update(message).digest();

function oneShot(algorithm: number, message: Uint8Array): Buffer {
  const digest = kernels.take(64);
  const size = call.hash(algorithm, kernels.put(message), message.length, digest);
  return kernels.get(digest, size);
}

function streamed(algorithm: number, pieces: readonly Uint8Array[]): Buffer {
  const context = kernels.take(HASH_CONTEXT_SIZE);
  const digest = kernels.take(64);
  expect(call.hashInit(context, algorithm)).toBe(1);
  for (const piece of pieces) call.hashUpdate(context, kernels.put(piece), piece.length);
  return kernels.get(digest, call.hashFinal(context, digest));
}

beforeEach(() => kernels.reset());

// FIPS 180-4 and FIPS 202 examples (NIST, "Examples with Intermediate Values"); the two longer messages are those of the
// examples for 512-bit and for 1024-bit blocks; THOUSAND is streamed a thousand times; SHA-3 has the message of 1600
// bits. SM3: GB/T 32905-2016, annex A.
const TWO_BLOCKS_64 = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const TWO_BLOCKS_128 =
  "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu";
const THOUSAND = "a".repeat(1000);
const A3: Buffer = Buffer.alloc(200, 0xa3);
const EXAMPLES: [algorithm: number, message: string | Buffer, digest: string, times?: number][] = [
  [0x0004, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  [0x0004, TWO_BLOCKS_64, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"],
  [0x0004, THOUSAND, "34aa973cd4c4daa4f61eeb2bdbad27316534016f", 1000],
  [0x000b, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [0x000b, TWO_BLOCKS_64, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"],
  [0x000b, THOUSAND, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", 1000],
  [0x000c, "abc", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"],
  [
    0x000c,
    TWO_BLOCKS_128,
    "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746039",
  ],
  [
    0x000d,
    "abc",
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  ],
  [
    0x000d,
    TWO_BLOCKS_128,
    "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909",
  ],
  [0x0012, "abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"],
  [0x0012, "abcd".repeat(16), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"],
  [0x0027, "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"],
  [0x0027, A3, "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"],
  [0x0028, "", "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004"],
  [0x0028, A3, "1881de2ca7e41ef95dc4732b8f5f002b189cc1e42b74168ed1732649ce1dbcdd76197a31fd55ee989f2d7050dd473e8f"],
  [
    0x0029,
    "",
    "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26",
  ],
  [
    0x0029,
    A3,
    "e76dfad22084a8b1467fcf2ffa58361bec7628edf5f3fdc0e4805dc48caeeca81b7c13c30adf52a3659584739a2df46be589c51ca1a4a8416df6545a1ce8ba00",
  ],
];

describe("hash", () => {
  it.each(EXAMPLES)(
    "agrees with the examples of its standard: algorithm %i",
    (algorithm, message, digest, times = 1) => {
      const context = kernels.take(HASH_CONTEXT_SIZE);
      const at = kernels.put(Buffer.from(message));
      call.hashInit(context, algorithm);
      for (let i = 0; i < times; i++) call.hashUpdate(context, at, message.length);
      const out = kernels.take(64);
      expect(kernels.get(out, call.hashFinal(context, out)).toString("hex")).toBe(digest);
    },
  );

  it("knows the sizes of its algorithms, and 0 for any other number", () => {
    for (const { algorithm, digestSize, blockSize } of HASHES) {
      expect(call.hashDigestSize(algorithm)).toBe(digestSize);
      expect(call.hashBlockSize(algorithm)).toBe(blockSize);
    }
    const known = new Set<number>(HASHES.map(({ algorithm }) => algorithm));
    for (let algorithm = 0; algorithm < 0x100; algorithm++) {
      if (known.has(algorithm)) continue;
      expect(call.hashDigestSize(algorithm)).toBe(0);
      expect(call.hashBlockSize(algorithm)).toBe(0);
    }
  });

  it("refuses an unknown algorithm, wipes the context and writes no digest", () => {
    const context = kernels.put(noise(HASH_CONTEXT_SIZE));
    const digest = kernels.put(noise(64));
    expect(call.hashInit(context, 0x0010)).toBe(0);
    expect(kernels.get(context, HASH_CONTEXT_SIZE)).toEqual(Buffer.alloc(HASH_CONTEXT_SIZE));
    expect(call.hashAlgorithm(context)).toBe(0);
    call.hashUpdate(context, digest, 64);
    expect(call.hashFinal(context, digest)).toBe(0);
    expect(call.hash(0x0010, digest, 64, digest)).toBe(0);
    expect(kernels.get(digest, 64)).toEqual(noise(64));
    expect(kernels.get(context, HASH_CONTEXT_SIZE)).toEqual(Buffer.alloc(HASH_CONTEXT_SIZE));
  });

  describe.each(HASHES)("$name", ({ name, algorithm, blockSize, noble }) => {
    it("agrees with node:crypto and noble for every size from 0 to 300, and around multiples of a block", () => {
      const sizes = Array.from({ length: 301 }, (_, size) => size);
      for (const blocks of [8, 16, 100, 1024]) {
        for (let delta = -20; delta <= 1; delta++) sizes.push(blocks * blockSize + delta);
      }
      for (const size of sizes) {
        kernels.reset();
        const message = noise(size, size + 7);
        const digest = oneShot(algorithm, message);
        expect(digest, `${size} bytes`).toEqual(native(name, message));
        if (noble) expect(digest).toEqual(Buffer.from(noble(message)));
      }
    });

    it("agrees for messages of equal bytes: all zeros, all ones", () => {
      for (const byte of [0x00, 0xff, 0x80, 0x7f]) {
        for (const size of [1, blockSize - 1, blockSize, 3 * blockSize + 5]) {
          const message = Buffer.alloc(size, byte);
          expect(oneShot(algorithm, message)).toEqual(native(name, message));
        }
      }
    });

    it("gives the same digest for every split of a message in two", () => {
      const message = noise(300, algorithm);
      const expected = native(name, message);
      for (let at = 0; at <= message.length; at++) {
        kernels.reset();
        expect(streamed(algorithm, [message.subarray(0, at), message.subarray(at)]), `split at ${at}`).toEqual(
          expected,
        );
      }
    });

    it("gives the same digest for any split of any message", () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 700 }), fc.array(fc.nat(700), { maxLength: 20 }), (bytes, places) => {
          kernels.reset();
          const message = Buffer.from(bytes);
          expect(streamed(algorithm, cut(message, places))).toEqual(native(name, message));
        }),
      );
    });

    it("goes on in a copy of the context, taken at any offset and used anywhere", () => {
      const message = noise(300, algorithm + 1);
      const expected = native(name, message);
      for (let at = 0; at <= message.length; at++) {
        kernels.reset();
        const context = kernels.take(HASH_CONTEXT_SIZE);
        call.hashInit(context, algorithm);
        call.hashUpdate(context, kernels.put(message.subarray(0, at)), at);
        const saved = kernels.get(context, HASH_CONTEXT_SIZE);
        // What happens to the original meanwhile makes no difference.
        call.hashUpdate(context, kernels.put(noise(77)), 77);
        call.hashFinal(context, kernels.take(64));
        kernels.take(at % 13);
        const restored = kernels.put(saved);
        const digest = kernels.take(64);
        expect(call.hashAlgorithm(restored)).toBe(algorithm);
        call.hashUpdate(restored, kernels.put(message.subarray(at)), message.length - at);
        const size = call.hashFinal(restored, digest);
        expect(kernels.get(digest, size), `saved after ${at} bytes`).toEqual(expected);
      }
    });

    it("may write the digest over the message", () => {
      const message = noise(200, 5);
      const at = kernels.put(message);
      const size = call.hash(algorithm, at, message.length, at + 3);
      expect(kernels.get(at + 3, size)).toEqual(native(name, message));
    });

    it("leaves neither context nor message behind, and a finished context is unused", () => {
      const secret = noise(3 * blockSize + 9, 41);
      const context = kernels.take(HASH_CONTEXT_SIZE);
      const message = kernels.put(secret);
      const digest = kernels.take(64);
      call.hashInit(context, algorithm);
      call.hashUpdate(context, message, secret.length);
      call.hashFinal(context, digest);
      call.hash(algorithm, message, secret.length, digest);
      call.wipe(message, secret.length);
      for (let at = 0; at + 8 <= secret.length; at += 8) expect(kernels.find(secret.subarray(at, at + 8))).toEqual([]);
      expect(kernels.get(context, HASH_CONTEXT_SIZE)).toEqual(Buffer.alloc(HASH_CONTEXT_SIZE));
      kernels.set(digest, Buffer.alloc(64, 0xee));
      expect(call.hashFinal(context, digest)).toBe(0);
      expect(kernels.get(digest, 64)).toEqual(Buffer.alloc(64, 0xee));
    });
  });

  describe.each(WITH_LENGTH)("$name", ({ algorithm, blockSize, noble }) => {
    it("counts past 2^32 bits and 2^32 bytes", () => {
      // Nobody hashes that much here: the counters of both sides are set forward by the same whole number of blocks.
      for (const skipped of [2 ** 29, 2 ** 32, 2 ** 40, 2 ** 49]) {
        kernels.reset();
        const [head, tail] = [noise(blockSize + 11), noise(90, 3)];
        const reference = noble.create() as unknown as {
          length: number;
          update(bytes: Uint8Array): void;
          digest(): Uint8Array;
        };
        const context = kernels.take(HASH_CONTEXT_SIZE);
        call.hashInit(context, algorithm);
        call.hashUpdate(context, kernels.put(head), head.length);
        reference.update(head);
        reference.length += skipped;
        const total = Buffer.alloc(8);
        total.writeBigUInt64LE(kernels.get(context + 8, 8).readBigUInt64LE() + BigInt(skipped));
        kernels.set(context + 8, total);
        call.hashUpdate(context, kernels.put(tail), tail.length);
        reference.update(tail);
        const digest = kernels.take(64);
        const size = call.hashFinal(context, digest);
        expect(kernels.get(digest, size)).toEqual(Buffer.from(reference.digest()));
      }
    });
  });

  it("ends a message of any length with that length: as if its padding were part of it", () => {
    for (const { algorithm, blockSize } of HASHES.slice(0, 5)) {
      for (const total of [2n ** 29n - 5n, 2n ** 32n + 3n, 2n ** 61n - 1n, 2n ** 61n + 77n, 2n ** 63n + 2n ** 62n]) {
        kernels.reset();
        const [context, padded, digest] = [HASH_CONTEXT_SIZE, HASH_CONTEXT_SIZE, 64].map((size) => kernels.take(size));
        const tail = noise(Number(total % BigInt(blockSize)), 9);
        for (const each of [context!, padded!]) call.hashInit(each, algorithm);
        const counter = Buffer.alloc(8);
        counter.writeBigUInt64LE(total - BigInt(tail.length));
        kernels.set(context! + 8, counter);
        call.hashUpdate(context!, kernels.put(tail), tail.length);
        const digestSize = call.hashFinal(context!, digest!);

        // FIPS 180-4, 5.1; GB/T 32905, 5.2: a 1 bit, zeros, the length in bits, modulo 2^64 for blocks of 64 bytes.
        const lengthSize = blockSize / 8;
        const bits = BigInt.asUintN(8 * lengthSize, 8n * total)
          .toString(16)
          .padStart(2 * lengthSize, "0");
        const zeros = Buffer.alloc((2 * blockSize - tail.length - 1 - lengthSize) % blockSize);
        const message = Buffer.concat([tail, Buffer.of(0x80), zeros, hex(bits)]);
        call.hashUpdate(padded!, kernels.put(message), message.length);
        // The chaining value lies in native words.
        const state = kernels.get(padded! + 16, digestSize);
        const words = blockSize === 64 ? state.swap32() : state.swap64();
        expect(kernels.get(digest!, digestSize), `algorithm ${algorithm}, ${total} bytes`).toEqual(words);
      }
    }
  });

  it("keeps contexts of several algorithms apart", () => {
    const contexts = HASHES.map(({ algorithm }) => {
      const context = kernels.take(HASH_CONTEXT_SIZE);
      call.hashInit(context, algorithm);
      return context;
    });
    const pieces = [noise(10), noise(100, 2), noise(300, 3)];
    for (const piece of pieces) {
      const at = kernels.put(piece);
      for (const context of contexts) call.hashUpdate(context, at, piece.length);
    }
    const digest = kernels.take(64);
    HASHES.forEach(({ name }, i) => {
      const size = call.hashFinal(contexts[i]!, digest);
      expect(kernels.get(digest, size)).toEqual(native(name, Buffer.concat(pieces)));
    });
  });

  it("writes no byte outside context and digest", () => {
    for (const { algorithm, digestSize } of HASHES) {
      kernels.reset();
      const guard = hex("a5a5a5a5a5a5a5a5");
      const before = kernels.put(guard);
      const context = kernels.take(HASH_CONTEXT_SIZE);
      const between = kernels.put(guard);
      const digest = kernels.take(digestSize);
      const after = kernels.put(guard);
      call.hashInit(context, algorithm);
      call.hashUpdate(context, kernels.put(noise(1000)), 1000);
      call.hashFinal(context, digest);
      for (const at of [before, between, after]) expect(kernels.get(at, 8)).toEqual(guard);
    }
  });
});
