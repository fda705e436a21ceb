/** Camellia, SM4 and TDES: what aes.test.ts is to AES. */
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { cut, hex, noise } from "../testkit/crypto/bytes.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";
import { type Direction, type Mode, modesOf, nativeMode } from "../testkit/crypto/modes.ts";

const kernels = await loadKernels();
const { call } = kernels;
const { CIPHER_CONTEXT_SIZE } = kernels.constants;
const [TDES, SM4, CAMELLIA] = [0x0003, 0x0013, 0x0026];

/** By OpenSSL's names. */
const CIPHERS = [
  { name: "camellia-128", algorithm: CAMELLIA, keySize: 16, blockSize: 16 },
  { name: "camellia-192", algorithm: CAMELLIA, keySize: 24, blockSize: 16 },
  { name: "camellia-256", algorithm: CAMELLIA, keySize: 32, blockSize: 16 },
  { name: "sm4", algorithm: SM4, keySize: 16, blockSize: 16 },
  { name: "des-ede", algorithm: TDES, keySize: 16, blockSize: 8 },
  { name: "des-ede3", algorithm: TDES, keySize: 24, blockSize: 8 },
] as const;

const DIRECTIONS: readonly Direction[] = ["encrypt", "decrypt"];

interface KnownAnswer {
  source: string;
  algorithm: number;
  key: string;
  plain: string;
  cipher: string;
}

const KNOWN_ANSWERS: KnownAnswer[] = [
  {
    source: "RFC 3713, appendix A, 128-bit key",
    algorithm: CAMELLIA,
    key: "0123456789abcdeffedcba9876543210",
    plain: "0123456789abcdeffedcba9876543210",
    cipher: "67673138549669730857065648eabe43",
  },
  {
    source: "RFC 3713, appendix A, 192-bit key",
    algorithm: CAMELLIA,
    key: "0123456789abcdeffedcba98765432100011223344556677",
    plain: "0123456789abcdeffedcba9876543210",
    cipher: "b4993401b3e996f84ee5cee7d79b09b9",
  },
  {
    source: "RFC 3713, appendix A, 256-bit key",
    algorithm: CAMELLIA,
    key: "0123456789abcdeffedcba987654321000112233445566778899aabbccddeeff",
    plain: "0123456789abcdeffedcba9876543210",
    cipher: "9acc237dff16d76c20ef7c919e3a7509",
  },
  {
    source: "GB/T 32907-2016, A.1",
    algorithm: SM4,
    key: "0123456789abcdeffedcba9876543210",
    plain: "0123456789abcdeffedcba9876543210",
    cipher: "681edf34d206965e86b3e94f536e4246",
  },
  {
    source: "SP 800-67, appendix B.1",
    algorithm: TDES,
    key: "0123456789abcdef23456789abcdef01456789abcdef0123",
    plain: "5468652071756663 6b2062726f776e20 666f78206a756d70",
    cipher: "a826fd8ce53b855f cce21c8112256fe6 68d5c05dd9b6b900",
  },
];

beforeEach(() => kernels.reset());

describe("block ciphers", () => {
  it.each(KNOWN_ANSWERS)("agree with $source", ({ algorithm, key, plain, cipher }) => {
    const { run } = modesOf(kernels, algorithm, 16);
    expect(run("ecb", "encrypt", hex(key), Buffer.alloc(16), [hex(plain)]).output).toEqual(hex(cipher));
    expect(run("ecb", "decrypt", hex(key), Buffer.alloc(16), [hex(cipher)]).output).toEqual(hex(plain));
  });

  it("SM4 agrees with GB/T 32907-2016, A.2: a million encryptions of one block", () => {
    // OFB encrypts its iv once per block, and gives the last result back in it.
    const key = hex("0123456789abcdeffedcba9876543210");
    const context = modesOf(kernels, SM4, 16).keyed(key);
    const iv = kernels.put(key);
    const size = 16 * 10_000;
    const data = kernels.take(size);
    for (let i = 0; i < 100; i++) call.ofbCrypt(context, iv, data, data, size);
    expect(kernels.get(iv, 16).toString("hex")).toBe("595298c7c6fd271f0402f804c33d3f66");
  });

  it("have their key sizes only; another is refused and the context wiped", () => {
    const sizes = new Map([
      [CAMELLIA, { blockSize: 16, bits: [128, 192, 256] }],
      [SM4, { blockSize: 16, bits: [128] }],
      [TDES, { blockSize: 8, bits: [128, 192] }],
    ]);
    for (const [algorithm, { blockSize, bits }] of sizes) {
      for (const keyBits of Array.from({ length: 66 }, (_, i) => 8 * i).concat(127, 129, 65536 + 128)) {
        const valid = bits.includes(keyBits);
        expect(call.cipherBlockSize(algorithm, keyBits)).toBe(valid ? blockSize : 0);
        if (valid) continue;
        kernels.reset();
        const context = kernels.put(noise(CIPHER_CONTEXT_SIZE));
        expect(call.cipherInit(context, algorithm, kernels.put(noise(64)), keyBits)).toBe(0);
        expect(kernels.get(context, CIPHER_CONTEXT_SIZE)).toEqual(Buffer.alloc(CIPHER_CONTEXT_SIZE));
      }
    }
    const known = new Set([0x0006, ...sizes.keys()]);
    for (let algorithm = 0; algorithm < 0x100; algorithm++) {
      for (const keyBits of [128, 192, 256]) {
        if (!known.has(algorithm)) expect(call.cipherBlockSize(algorithm, keyBits)).toBe(0);
      }
    }
  });

  it("TDES ignores the parity bits of a key, and two keys are three with K3 = K1", () => {
    const key = noise(24, 7);
    const block = noise(8, 8);
    const encrypt = (with_: Buffer) =>
      modesOf(kernels, TDES, 8).run("ecb", "encrypt", with_, Buffer.alloc(8), [block]).output;
    expect(encrypt(key.map((byte) => byte ^ 1) as Buffer)).toEqual(encrypt(key));
    const two = key.subarray(0, 16);
    expect(encrypt(two)).toEqual(encrypt(Buffer.concat([two, key.subarray(0, 8)])));
  });

  describe.each(CIPHERS)("$name", ({ name, algorithm, keySize, blockSize }) => {
    const { keyed, run, step } = modesOf(kernels, algorithm, blockSize);
    const native = (mode: Mode, direction: Direction, key: Buffer, iv: Buffer, message: Buffer) =>
      nativeMode(name, mode, direction, key, iv, message);
    const noIv = Buffer.alloc(blockSize);

    it("agrees with node:crypto for random keys and blocks, and for keys and blocks of equal bytes", () => {
      for (let round = 0; round < 200; round++) {
        kernels.reset();
        const key = round < 8 ? Buffer.alloc(keySize, round * 0x55) : noise(keySize, 1000 + round);
        const block = round % 8 < 3 ? Buffer.alloc(blockSize, round * 0x33) : noise(blockSize, round);
        const cipher = native("ecb", "encrypt", key, noIv, block);
        expect(run("ecb", "encrypt", key, noIv, [block]).output).toEqual(cipher);
        expect(run("ecb", "decrypt", key, noIv, [cipher]).output).toEqual(block);
      }
    });

    it("agrees for every key and every block with one bit set", () => {
      for (let bit = 0; bit < 8 * keySize; bit++) {
        kernels.reset();
        const key = Buffer.alloc(keySize);
        key[bit >> 3] = 0x80 >> (bit & 7);
        const block = Buffer.alloc(blockSize);
        block[(bit >> 3) % blockSize] = 0x80 >> (bit & 7);
        for (const message of [noIv, block]) {
          expect(run("ecb", "encrypt", key, noIv, [message]).output).toEqual(
            native("ecb", "encrypt", key, noIv, message),
          );
        }
      }
    });

    it.each(["cfb", "ofb", "ctr"] as const)("%s agrees with node:crypto for every size from 0 to 300", (mode) => {
      const [key, iv] = [noise(keySize, 40), noise(blockSize, 8)];
      for (let size = 0; size <= 300; size++) {
        kernels.reset();
        const message = noise(size, size + 1);
        const cipher = native(mode, "encrypt", key, iv, message);
        const inPlace = size % 2 === 1;
        expect(run(mode, "encrypt", key, iv, [message], inPlace).output, `${size} bytes`).toEqual(cipher);
        expect(run(mode, "decrypt", key, iv, [cipher], !inPlace).output).toEqual(message);
      }
    });

    it.each(["cbc", "ecb"] as const)("%s agrees with node:crypto, and refuses parts of a block", (mode) => {
      const [key, iv] = [noise(keySize, 50), noise(blockSize, 9)];
      for (let size = 0; size <= 300; size++) {
        kernels.reset();
        const message = noise(size, size + 1);
        if (size % blockSize === 0) {
          const cipher = native(mode, "encrypt", key, iv, message);
          expect(run(mode, "encrypt", key, iv, [message], size % 3 === 0).output).toEqual(cipher);
          expect(run(mode, "decrypt", key, iv, [cipher], size % 3 === 1).output).toEqual(message);
          continue;
        }
        const context = keyed(key);
        const [chain, from, to] = [kernels.put(iv), kernels.put(message), kernels.put(noise(size, 4))];
        for (const direction of DIRECTIONS) {
          expect(step(mode, direction, context, chain, from, to, size)).toBe(0);
          expect(kernels.get(chain, blockSize)).toEqual(iv);
          expect(kernels.get(to, size)).toEqual(noise(size, 4));
        }
      }
    });

    it("goes on from the updated iv when a message is cut at blocks, in every mode", () => {
      fc.assert(
        fc.property(
          fc.constantFrom<Mode>("cfb", "ofb", "ctr", "cbc", "ecb"),
          fc.uint8Array({ minLength: keySize, maxLength: keySize }),
          fc.uint8Array({ maxLength: 400 }),
          fc.array(fc.nat(50), { maxLength: 6 }),
          fc.boolean(),
          (mode, keyBytes, bytes, blocks, inPlace) => {
            kernels.reset();
            const whole = mode === "cbc" || mode === "ecb";
            const message = Buffer.from(whole ? bytes.subarray(0, bytes.length - (bytes.length % blockSize)) : bytes);
            const [key, iv] = [Buffer.from(keyBytes), noise(blockSize, 4)];
            const places = blocks.map((block) => block * blockSize).filter((place) => place <= message.length);
            const cipher = native(mode, "encrypt", key, iv, message);
            expect(run(mode, "encrypt", key, iv, cut(message, places), inPlace).output).toEqual(cipher);
            expect(run(mode, "decrypt", key, iv, cut(cipher, places), inPlace).output).toEqual(message);
          },
        ),
      );
    });

    it("leaves the chaining value that TPM2_EncryptDecrypt2 returns", () => {
      const [key, iv] = [noise(keySize, 31), noise(blockSize, 32)];
      const encrypt = (block: Buffer) => native("ecb", "encrypt", key, iv, block);
      for (const size of [0, 1, blockSize - 1, blockSize, blockSize + 1, 40, 3 * blockSize]) {
        kernels.reset();
        const message = noise(size, size + 5);
        const rest = size % blockSize;

        // CFB: the last ciphertext block, a partial one filled up with zeros.
        const cfb = native("cfb", "encrypt", key, iv, message);
        const last = size === 0 ? iv : Buffer.concat([cfb.subarray(size - (rest || blockSize)), noIv]);
        expect(run("cfb", "encrypt", key, iv, [message]).iv).toEqual(last.subarray(0, blockSize));
        expect(run("cfb", "decrypt", key, iv, [cfb]).iv).toEqual(last.subarray(0, blockSize));

        // OFB: the last keystream block, whole.
        let stream = iv;
        for (let at = 0; at < size; at += blockSize) stream = encrypt(stream);
        expect(run("ofb", "encrypt", key, iv, [message]).iv).toEqual(stream);

        // CTR: the counter after the last block that was used, even partly.
        const counter = BigInt(`0x${iv.toString("hex")}`) + BigInt(Math.ceil(size / blockSize));
        const next = counter.toString(16).padStart(2 * blockSize, "0");
        expect(run("ctr", "encrypt", key, iv, [message]).iv.toString("hex")).toBe(next);

        // CBC: the last ciphertext block.
        const blocks = message.subarray(0, size - rest);
        const cbc = native("cbc", "encrypt", key, iv, blocks);
        const end = blocks.length === 0 ? iv : cbc.subarray(-blockSize);
        expect(run("cbc", "encrypt", key, iv, [blocks]).iv).toEqual(end);
        expect(run("cbc", "decrypt", key, iv, [cbc]).iv).toEqual(end);
      }
    });

    it("carries the counter of CTR through the whole block, and over its end", () => {
      const [key, message] = [noise(keySize, 12), noise(4 * blockSize, 2)];
      for (const ones of [1, 4, blockSize - 1, blockSize]) {
        kernels.reset();
        const iv = Buffer.alloc(blockSize).fill(0xff, blockSize - ones);
        const result = run("ctr", "encrypt", key, iv, [message]);
        expect(result.output).toEqual(native("ctr", "encrypt", key, iv, message));
        const counter = Buffer.alloc(blockSize);
        counter[blockSize - 1] = 3;
        if (ones < blockSize) counter[blockSize - 1 - ones] = 1;
        expect(result.iv).toEqual(counter);
      }
    });

    it("encrypts and decrypts in one context, which may be copied away", () => {
      const key = noise(keySize, 13);
      const block = noise(blockSize, 14);
      const context = keyed(key);
      const out = kernels.take(blockSize);
      const from = kernels.put(block);
      for (const mode of ["ecbEncrypt", "ecbDecrypt", "ecbEncrypt", "ecbDecrypt"] as const) {
        const copy = kernels.put(kernels.get(context, CIPHER_CONTEXT_SIZE));
        for (const each of [context, copy]) {
          expect(call[mode](each, from, out, blockSize)).toBe(1);
          const direction = mode === "ecbEncrypt" ? "encrypt" : "decrypt";
          expect(kernels.get(out, blockSize)).toEqual(native("ecb", direction, key, noIv, block));
        }
      }
    });

    it("writes no byte outside output, iv and context, and leaves no key behind", () => {
      const guard = Buffer.alloc(16, 0xa5);
      const key = noise(keySize, 15);
      for (const size of [1, blockSize - 1, blockSize, blockSize + 1, 2 * blockSize]) {
        for (const mode of ["cfb", "ofb", "ctr", "cbc", "ecb"] as const) {
          for (const direction of DIRECTIONS) {
            kernels.reset();
            const context = kernels.put(Buffer.concat([Buffer.alloc(CIPHER_CONTEXT_SIZE), guard]));
            expect(call.cipherInit(context, algorithm, kernels.put(key), 8 * keySize)).toBe(1);
            const iv = kernels.put(Buffer.concat([noise(blockSize), guard]));
            const to = kernels.put(Buffer.concat([Buffer.alloc(size), guard]));
            const from = kernels.put(noise(size));
            step(mode, direction, context, iv, from, to, size);
            expect(kernels.get(context + CIPHER_CONTEXT_SIZE, 16)).toEqual(guard);
            expect(kernels.get(iv + blockSize, 16)).toEqual(guard);
            expect(kernels.get(to + size, 16)).toEqual(guard);
            expect(kernels.get(from, size)).toEqual(noise(size));
          }
        }
      }
      kernels.reset();
      for (let at = 0; at < keySize; at += 8) {
        const part = key.subarray(at, at + 8);
        expect(kernels.find(part)).toEqual([]);
        // Kernels hold 64-bit words of a key in native order.
        expect(kernels.find(Buffer.from(part).reverse())).toEqual([]);
      }
    });
  });
});
