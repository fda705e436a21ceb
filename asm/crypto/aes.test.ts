import { cfb as nobleCfb } from "@noble/ciphers/aes.js";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { cut, hex, noise } from "../testkit/crypto/bytes.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";
import { type Direction, type Mode, modesOf, nativeMode } from "../testkit/crypto/modes.ts";

const kernels = await loadKernels();
const { call } = kernels;
const { CIPHER_CONTEXT_SIZE } = kernels.constants;
const AES = 0x0006;
const KEY_BITS = [128, 192, 256] as const;

const { keyed, run, step } = modesOf(kernels, AES, 16);

function native(mode: Mode, direction: Direction, key: Buffer, iv: Buffer, message: Buffer): Buffer {
  return nativeMode(`aes-${key.length * 8}`, mode, direction, key, iv, message);
}

beforeEach(() => kernels.reset());

describe("AES", () => {
  // FIPS 197, appendix C.
  it.each([
    ["000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a"],
    ["000102030405060708090a0b0c0d0e0f1011121314151617", "dda97ca4864cdfe06eaf70a0ec0d7191"],
    ["000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "8ea2b7ca516745bfeafc49904b496089"],
  ])("agrees with FIPS 197, appendix C: key %s", (key, cipher) => {
    const plain = hex("00112233445566778899aabbccddeeff");
    const iv = Buffer.alloc(16);
    expect(run("ecb", "encrypt", hex(key), iv, [plain]).output).toEqual(hex(cipher));
    expect(run("ecb", "decrypt", hex(key), iv, [hex(cipher)]).output).toEqual(plain);
  });

  it("agrees with node:crypto for random keys and blocks, and for keys and blocks of equal bytes", () => {
    for (const bits of KEY_BITS) {
      for (let round = 0; round < 300; round++) {
        kernels.reset();
        const key = round < 8 ? Buffer.alloc(bits / 8, round * 0x55) : noise(bits / 8, 1000 + round);
        const block = round % 8 < 3 ? Buffer.alloc(16, round * 0x33) : noise(16, round);
        const iv = Buffer.alloc(16);
        const cipher = native("ecb", "encrypt", key, iv, block);
        expect(run("ecb", "encrypt", key, iv, [block]).output).toEqual(cipher);
        expect(run("ecb", "decrypt", key, iv, [cipher]).output).toEqual(block);
      }
    }
  });

  it("has the key sizes 128, 192 and 256 only; another is refused and the context wiped", () => {
    for (let bits = 0; bits <= 512; bits += 8) {
      const valid = (KEY_BITS as readonly number[]).includes(bits);
      expect(call.cipherBlockSize(AES, bits)).toBe(valid ? 16 : 0);
      if (valid) continue;
      kernels.reset();
      const context = kernels.put(noise(CIPHER_CONTEXT_SIZE));
      expect(call.cipherInit(context, AES, kernels.put(noise(64)), bits)).toBe(0);
      expect(kernels.get(context, CIPHER_CONTEXT_SIZE)).toEqual(Buffer.alloc(CIPHER_CONTEXT_SIZE));
    }
    expect(call.cipherBlockSize(0x0027, 128)).toBe(0);
    expect(call.cipherInit(kernels.take(CIPHER_CONTEXT_SIZE), 0x0027, kernels.put(noise(16)), 128)).toBe(0);
  });

  it("keeps several contexts apart, and a context may be copied", () => {
    const keys = [noise(16), noise(32, 2), noise(24, 3)];
    const contexts = keys.map(keyed);
    const block = noise(32, 5);
    keys.forEach((key, i) => {
      const copy = kernels.put(kernels.get(contexts[i]!, CIPHER_CONTEXT_SIZE));
      const out = kernels.take(32);
      call.ecbDecrypt(copy, kernels.put(block), out, 32);
      expect(kernels.get(out, 32)).toEqual(native("ecb", "decrypt", key, Buffer.alloc(0), block));
    });
  });
});

/** SP 800-38A, appendix F: four blocks, the key of each size, and the ciphertext's first and last block. */
const NIST_PLAIN = hex(`6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
                        30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`);
const NIST_KEYS = {
  128: "2b7e151628aed2a6abf7158809cf4f3c",
  192: "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
  256: "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
};
const NIST_IV = "000102030405060708090a0b0c0d0e0f";
const NIST_COUNTER = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";
const NIST: [section: string, mode: Mode, bits: 128 | 192 | 256, first: string, last: string][] = [
  ["F.1.1", "ecb", 128, "3ad77bb40d7a3660a89ecaf32466ef97", "7b0c785e27e8ad3f8223207104725dd4"],
  ["F.1.3", "ecb", 192, "bd334f1d6e45f25ff712a214571fa5cc", "9a4b41ba738d6c72fb16691603c18e0e"],
  ["F.1.5", "ecb", 256, "f3eed1bdb5d2a03c064b5a7e3db181f8", "23304b7a39f9f3ff067d8d8f9e24ecc7"],
  ["F.2.1", "cbc", 128, "7649abac8119b246cee98e9b12e9197d", "3ff1caa1681fac09120eca307586e1a7"],
  ["F.2.3", "cbc", 192, "4f021db243bc633d7178183a9fa071e8", "08b0e27988598881d920a9e64f5615cd"],
  ["F.2.5", "cbc", 256, "f58c4c04d6e5f1ba779eabfb5f7bfbd6", "b2eb05e2c39be9fcda6c19078c6a9d1b"],
  ["F.3.13", "cfb", 128, "3b3fd92eb72dad20333449f8e83cfb4a", "c04b05357c5d1c0eeac4c66f9ff7f2e6"],
  ["F.3.15", "cfb", 192, "cdc80d6fddf18cab34c25909c99a4174", "c05f9f9ca9834fa042ae8fba584b09ff"],
  ["F.3.17", "cfb", 256, "dc7e84bfda79164b7ecd8486985d3860", "75a385741ab9cef82031623d55b1e471"],
  ["F.4.1", "ofb", 128, "3b3fd92eb72dad20333449f8e83cfb4a", "304c6528f659c77866a510d9c1d6ae5e"],
  ["F.4.3", "ofb", 192, "cdc80d6fddf18cab34c25909c99a4174", "6d9f200857ca6c3e9cac524bd9acc92a"],
  ["F.4.5", "ofb", 256, "dc7e84bfda79164b7ecd8486985d3860", "0126141d67f37be8538f5a8be740e484"],
  ["F.5.1", "ctr", 128, "874d6191b620e3261bef6864990db6ce", "1e031dda2fbe03d1792170a0f3009cee"],
  ["F.5.3", "ctr", 192, "1abc932417521ca24f2b0459fe7e6e0b", "4f78a7f6d29809585a97daec58c6b050"],
  ["F.5.5", "ctr", 256, "601ec313775789a5b7a7f504bbf3d228", "dfc9c58db67aada613c2dd08457941a6"],
];

describe("modes", () => {
  it.each(NIST)("agree with SP 800-38A, %s: %s with %i-bit key", (_section, mode, bits, first, last) => {
    const key = hex(NIST_KEYS[bits]);
    const iv = hex(mode === "ctr" ? NIST_COUNTER : NIST_IV);
    const { output } = run(mode, "encrypt", key, iv, [NIST_PLAIN]);
    expect(output.subarray(0, 16).toString("hex")).toBe(first);
    expect(output.subarray(48).toString("hex")).toBe(last);
    expect(run(mode, "decrypt", key, iv, [output]).output).toEqual(NIST_PLAIN);
  });

  describe.each(["cfb", "ofb", "ctr"] as const)("%s", (mode) => {
    it.each(KEY_BITS)("agrees with node:crypto for every size from 0 to 300, %i-bit key", (bits) => {
      const [key, iv] = [noise(bits / 8, bits), noise(16, 8)];
      for (let size = 0; size <= 300; size++) {
        kernels.reset();
        const message = noise(size, size + 1);
        const cipher = native(mode, "encrypt", key, iv, message);
        expect(run(mode, "encrypt", key, iv, [message]).output, `${size} bytes`).toEqual(cipher);
        expect(run(mode, "decrypt", key, iv, [cipher]).output).toEqual(message);
        expect(run(mode, "encrypt", key, iv, [message], true).output).toEqual(cipher);
        expect(run(mode, "decrypt", key, iv, [cipher], true).output).toEqual(message);
      }
    });

    it("goes on from the updated iv when a message is cut at blocks", () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...KEY_BITS),
          fc.uint8Array({ maxLength: 400 }),
          fc.array(fc.nat(25), { maxLength: 6 }),
          fc.boolean(),
          (bits, bytes, blocks, inPlace) => {
            kernels.reset();
            const [key, iv, message] = [noise(bits / 8, bits), noise(16, 4), Buffer.from(bytes)];
            const places = blocks.map((block) => block * 16).filter((place) => place <= message.length);
            const cipher = native(mode, "encrypt", key, iv, message);
            expect(run(mode, "encrypt", key, iv, cut(message, places), inPlace).output).toEqual(cipher);
            expect(run(mode, "decrypt", key, iv, cut(cipher, places), inPlace).output).toEqual(message);
          },
        ),
      );
    });
  });

  it("CFB agrees with noble", () => {
    for (const bits of KEY_BITS) {
      const [key, iv, message] = [noise(bits / 8), noise(16, 2), noise(261, 3)];
      const cipher = Buffer.from(nobleCfb(key, iv).encrypt(message));
      expect(run("cfb", "encrypt", key, iv, [message]).output).toEqual(cipher);
      expect(run("cfb", "decrypt", key, iv, [cipher]).output).toEqual(message);
    }
  });

  describe.each(["cbc", "ecb"] as const)("%s", (mode) => {
    it.each(KEY_BITS)("agrees with node:crypto, in place and not, cut at any block, %i-bit key", (bits) => {
      const [key, iv] = [noise(bits / 8, bits), noise(16, 8)];
      for (let blocks = 0; blocks <= 20; blocks++) {
        for (const inPlace of [false, true]) {
          kernels.reset();
          const message = noise(16 * blocks, blocks + 1);
          const cipher = native(mode, "encrypt", key, iv, message);
          const at = [16 * (blocks >> 1)];
          expect(run(mode, "encrypt", key, iv, cut(message, at), inPlace).output).toEqual(cipher);
          expect(run(mode, "decrypt", key, iv, cut(cipher, at), inPlace).output).toEqual(message);
        }
      }
    });

    it("refuses a size that is no multiple of a block, and changes nothing", () => {
      const context = keyed(noise(16));
      for (let size = 1; size < 64; size++) {
        if (size % 16 === 0) continue;
        const [iv, from, to] = [kernels.put(noise(16, 2)), kernels.put(noise(64, 3)), kernels.put(noise(64, 4))];
        for (const direction of ["encrypt", "decrypt"] as const) {
          expect(step(mode, direction, context, iv, from, to, size)).toBe(0);
          expect(kernels.get(iv, 16)).toEqual(noise(16, 2));
          expect(kernels.get(to, 64)).toEqual(noise(64, 4));
        }
      }
    });
  });

  it("leave the chaining value that TPM2_EncryptDecrypt2 returns", () => {
    const [key, iv] = [noise(16, 31), noise(16, 32)];
    const encrypt = (block: Buffer) => native("ecb", "encrypt", key, iv, block);
    for (const size of [0, 1, 15, 16, 17, 40, 48]) {
      kernels.reset();
      const message = noise(size, size + 5);
      const whole = size - (size % 16);

      // CFB: the last ciphertext block, a partial one filled up with zeros.
      const cfb = native("cfb", "encrypt", key, iv, message);
      const last = size === 0 ? iv : Buffer.concat([cfb.subarray(size % 16 ? whole : size - 16), Buffer.alloc(16)]);
      expect(run("cfb", "encrypt", key, iv, [message]).iv).toEqual(last.subarray(0, 16));
      expect(run("cfb", "decrypt", key, iv, [cfb]).iv).toEqual(last.subarray(0, 16));

      // OFB: the last keystream block, whole.
      let stream = iv;
      for (let at = 0; at < size; at += 16) stream = encrypt(stream);
      expect(run("ofb", "encrypt", key, iv, [message]).iv).toEqual(stream);

      // CTR: the counter after the last block that was used, even partly.
      const counter = BigInt(`0x${iv.toString("hex")}`) + BigInt(Math.ceil(size / 16));
      expect(run("ctr", "encrypt", key, iv, [message]).iv.toString("hex")).toBe(counter.toString(16).padStart(32, "0"));

      // CBC: the last ciphertext block.
      const blocks = message.subarray(0, whole);
      const cbc = native("cbc", "encrypt", key, iv, blocks);
      const end = whole === 0 ? iv : cbc.subarray(-16);
      expect(run("cbc", "encrypt", key, iv, [blocks]).iv).toEqual(end);
      expect(run("cbc", "decrypt", key, iv, [cbc]).iv).toEqual(end);
    }
  });

  it.each([
    ["ffffffffffffffffffffffffffffffff", "00000000000000000000000000000002"],
    ["0000000000000000ffffffffffffffff", "00000000000000010000000000000002"],
    ["000000000000000000000000000000ff", "00000000000000000000000000000102"],
    ["00ffffffffffffffffffffffffffffff", "01000000000000000000000000000002"],
  ])("CTR carries through the counter from %s", (from, to) => {
    const [key, message] = [noise(32), noise(48, 2)];
    const result = run("ctr", "encrypt", key, hex(from), [message]);
    expect(result.output).toEqual(native("ctr", "encrypt", key, hex(from), message));
    expect(result.iv).toEqual(hex(to));
  });

  it("leave no keystream behind", () => {
    const [key, iv] = [noise(16, 61), noise(16, 62)];
    const zeros = Buffer.alloc(16);
    for (const mode of ["cfb", "ctr"] as const) {
      kernels.reset();
      const stream = native(mode, "encrypt", key, iv, zeros);
      const cipher = noise(16, 63);
      run(mode, "decrypt", key, iv, [cipher]);
      expect(kernels.find(stream)).toEqual([]);
    }
    kernels.reset();
    expect(kernels.find(key)).toEqual([]);
  });

  it("trap without a key, before a byte is written", () => {
    for (const mode of ["cfb", "ofb", "ctr", "cbc", "ecb"] as const) {
      for (const direction of ["encrypt", "decrypt"] as const) {
        kernels.reset();
        const context = kernels.take(CIPHER_CONTEXT_SIZE);
        const [iv, from, to] = [kernels.put(noise(16, 2)), kernels.put(noise(32, 3)), kernels.put(noise(32, 4))];
        expect(() => step(mode, direction, context, iv, from, to, 32)).toThrow(WebAssembly.RuntimeError);
        expect(kernels.get(to, 32)).toEqual(noise(32, 4));
      }
    }
  });

  it("write no byte outside output and iv", () => {
    const guard = Buffer.alloc(16, 0xa5);
    for (const mode of ["cfb", "ofb", "ctr"] as const) {
      for (const direction of ["encrypt", "decrypt"] as const) {
        for (const size of [1, 15, 16, 17, 31]) {
          kernels.reset();
          const context = keyed(noise(32));
          const from = kernels.put(noise(size));
          const iv = kernels.put(Buffer.concat([noise(16), guard]));
          const to = kernels.put(Buffer.concat([Buffer.alloc(size), guard]));
          step(mode, direction, context, iv, from, to, size);
          expect(kernels.get(iv + 16, 16)).toEqual(guard);
          expect(kernels.get(to + size, 16)).toEqual(guard);
          expect(kernels.get(from, size)).toEqual(noise(size));
        }
      }
    }
  });
});
