import { createHash, createHmac } from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { sha1 } from "@noble/hashes/legacy.js";
import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { sha3_256, sha3_384, sha3_512 } from "@noble/hashes/sha3.js";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { cut, hex, noise } from "../testkit/crypto/bytes.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();
const { call } = kernels;
const { HMAC_CONTEXT_SIZE } = kernels.constants;

const HASHES = [
  { name: "sha1", algorithm: 0x0004, blockSize: 64, noble: sha1 },
  { name: "sha256", algorithm: 0x000b, blockSize: 64, noble: sha256 },
  { name: "sha384", algorithm: 0x000c, blockSize: 128, noble: sha384 },
  { name: "sha512", algorithm: 0x000d, blockSize: 128, noble: sha512 },
  { name: "sm3", algorithm: 0x0012, blockSize: 64, noble: undefined },
  { name: "sha3-256", algorithm: 0x0027, blockSize: 136, noble: sha3_256 },
  { name: "sha3-384", algorithm: 0x0028, blockSize: 104, noble: sha3_384 },
  { name: "sha3-512", algorithm: 0x0029, blockSize: 72, noble: sha3_512 },
] as const;

const native = (name: string, key: Uint8Array, message: Uint8Array) => createHmac(name, key).update(message).digest();

function mac(algorithm: number, key: Uint8Array, pieces: readonly Uint8Array[]): Buffer {
  const context = kernels.take(HMAC_CONTEXT_SIZE);
  const out = kernels.take(64);
  expect(call.hmacInit(context, algorithm, kernels.put(key), key.length)).toBe(1);
  for (const piece of pieces) call.hmacUpdate(context, kernels.put(piece), piece.length);
  return kernels.get(out, call.hmacFinal(context, out));
}

beforeEach(() => kernels.reset());

/** RFC 2202 (SHA-1) and RFC 4231 (SHA-256, SHA-384, SHA-512): test cases 1, 2 and the one with a key over a block. */
const RFC_CASES: { algorithm: number; key: Buffer; message: Buffer; mac: string }[] = [
  {
    algorithm: 0x0004,
    key: Buffer.alloc(20, 0x0b),
    message: Buffer.from("Hi There"),
    mac: "b617318655057264e28bc0b6fb378c8ef146be00",
  },
  {
    algorithm: 0x0004,
    key: Buffer.from("Jefe"),
    message: Buffer.from("what do ya want for nothing?"),
    mac: "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
  },
  {
    algorithm: 0x0004,
    key: Buffer.alloc(80, 0xaa),
    message: Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First"),
    mac: "aa4ae5e15272d00e95705637ce8a3b55ed402112",
  },
  {
    algorithm: 0x000b,
    key: Buffer.alloc(20, 0x0b),
    message: Buffer.from("Hi There"),
    mac: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
  },
  {
    algorithm: 0x000b,
    key: Buffer.alloc(131, 0xaa),
    message: Buffer.from("Test Using Larger Than Block-Size Key - Hash Key First"),
    mac: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  },
  {
    algorithm: 0x000c,
    key: Buffer.from("Jefe"),
    message: Buffer.from("what do ya want for nothing?"),
    mac: "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
  },
  {
    algorithm: 0x000d,
    key: Buffer.from("Jefe"),
    message: Buffer.from("what do ya want for nothing?"),
    mac: "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
  },
];

describe("hmac", () => {
  it.each(RFC_CASES)("agrees with RFC 2202 and RFC 4231: algorithm $algorithm, $mac", (example) => {
    expect(mac(example.algorithm, example.key, [example.message])).toEqual(hex(example.mac));
  });

  it("refuses an unknown algorithm and wipes the context", () => {
    const context = kernels.put(noise(HMAC_CONTEXT_SIZE));
    const out = kernels.put(noise(64));
    expect(call.hmacInit(context, 0x0010, kernels.put(noise(8)), 8)).toBe(0);
    expect(kernels.get(context, HMAC_CONTEXT_SIZE)).toEqual(Buffer.alloc(HMAC_CONTEXT_SIZE));
    call.hmacUpdate(context, out, 64);
    expect(call.hmacFinal(context, out)).toBe(0);
    expect(kernels.get(out, 64)).toEqual(noise(64));
  });

  describe.each(HASHES)("$name", ({ name, algorithm, blockSize, noble }) => {
    it("agrees with node:crypto and noble for every key size from 0 to 300", () => {
      for (let size = 0; size <= 300; size++) {
        kernels.reset();
        const key = noise(size, size + 1);
        const message = noise((size * 5) % 301, size + 2);
        const result = mac(algorithm, key, [message]);
        expect(result, `key of ${size} bytes`).toEqual(native(name, key, message));
        if (noble) expect(result).toEqual(Buffer.from(hmac(noble, key, message)));
      }
    });

    it("agrees for every message size from 0 to 300", () => {
      const key = noise(32, 9);
      for (let size = 0; size <= 300; size++) {
        kernels.reset();
        const message = noise(size, size + 3);
        expect(mac(algorithm, key, [message]), `${size} bytes`).toEqual(native(name, key, message));
      }
    });

    it("gives the same MAC for any split of any message under any key", () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 300 }),
          fc.uint8Array({ maxLength: 500 }),
          fc.array(fc.nat(500), { maxLength: 10 }),
          (key, bytes, places) => {
            kernels.reset();
            const message = Buffer.from(bytes);
            expect(mac(algorithm, key, cut(message, places))).toEqual(native(name, key, message));
          },
        ),
      );
    });

    it("goes on in a copy of the context taken at any offset, and a keyed context may be copied many times", () => {
      const key = noise(blockSize - 3, 4);
      const message = noise(300, 6);
      const expected = native(name, key, message);
      const context = kernels.take(HMAC_CONTEXT_SIZE);
      call.hmacInit(context, algorithm, kernels.put(key), key.length);
      const keyed = kernels.get(context, HMAC_CONTEXT_SIZE);
      for (let at = 0; at <= message.length; at++) {
        kernels.reset();
        const first = kernels.put(keyed);
        call.hmacUpdate(first, kernels.put(message.subarray(0, at)), at);
        const second = kernels.put(kernels.get(first, HMAC_CONTEXT_SIZE));
        call.wipe(first, HMAC_CONTEXT_SIZE);
        // The inner hash lies first: hashUpdate does the same.
        call.hashUpdate(second, kernels.put(message.subarray(at)), message.length - at);
        const out = kernels.take(64);
        expect(kernels.get(out, call.hmacFinal(second, out)), `saved after ${at} bytes`).toEqual(expected);
      }
    });

    it("leaves no key behind: not as it was given, padded, hashed, nor in the context", () => {
      for (const size of [20, blockSize, blockSize + 40]) {
        kernels.reset();
        const key = noise(size, 99);
        const effective = size > blockSize ? createHash(name).update(key).digest() : key;
        const context = kernels.take(HMAC_CONTEXT_SIZE);
        const out = kernels.take(64);
        const at = kernels.put(key);
        call.hmacInit(context, algorithm, at, size);
        call.hmacUpdate(context, out, 1);
        call.hmacFinal(context, out);
        call.wipe(at, size);
        for (const pad of [0, 0x36, 0x5c]) {
          const padded = effective.map((byte) => byte ^ pad);
          for (let i = 0; i + 8 <= padded.length; i += 8) expect(kernels.find(padded.subarray(i, i + 8))).toEqual([]);
        }
        expect(kernels.get(context, HMAC_CONTEXT_SIZE)).toEqual(Buffer.alloc(HMAC_CONTEXT_SIZE));
        expect(call.hmacFinal(context, out)).toBe(0);
      }
    });
  });
});
