import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { hex, noise } from "../testkit/crypto/bytes.ts";
import { DES_WEAK_KEYS } from "../testkit/crypto/desWeakKeys.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";
import { nativeMode } from "../testkit/crypto/modes.ts";

const kernels = await loadKernels();
const { call } = kernels;

const ones = (byte: number) => byte.toString(2).replaceAll("0", "").length;
const valid = (key: Uint8Array) => call.tdesKeyIsValid(kernels.put(key), key.length) === 1;
const flipParity = (key: Uint8Array) => Buffer.from(key.map((byte) => byte ^ 1));

function withOddParity(key: Uint8Array): Buffer {
  const at = kernels.put(key);
  call.tdesSetOddParity(at, key.length);
  return kernels.get(at, key.length);
}

beforeEach(() => kernels.reset());

describe("TDES keys", () => {
  it("get odd parity: seven bits of a byte stay, the lowest one is set by their number", () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const result = withOddParity(all);
    result.forEach((byte, i) => {
      expect(ones(byte) % 2).toBe(1);
      expect(byte >> 1).toBe(i >> 1);
    });
    expect(withOddParity(result)).toEqual(result);
    // Bytes don't influence each other.
    expect(withOddParity(Buffer.from(all).reverse())).toEqual(Buffer.from(result).reverse());
  });

  it("get parity in their own bytes only", () => {
    const at = kernels.put(Buffer.alloc(32));
    call.tdesSetOddParity(at, 16);
    expect(kernels.get(at, 32)).toEqual(Buffer.concat([Buffer.alloc(16, 1), Buffer.alloc(16)]));
  });

  it("are refused with any of the 64 weak, semi-weak and possibly weak keys in any place, whatever their parity", () => {
    expect(new Set(DES_WEAK_KEYS).size).toBe(64);
    const [a, b] = [hex("0123456789abcdef"), hex("23456789abcdef01")];
    expect(valid(Buffer.concat([a, b]))).toBe(true);
    for (const text of DES_WEAK_KEYS) {
      kernels.reset();
      for (const weak of [hex(text), flipParity(hex(text))]) {
        for (const parts of [
          [weak, a],
          [a, weak],
          [weak, a, b],
          [a, weak, b],
          [a, b, weak],
        ]) {
          expect(valid(Buffer.concat(parts)), text).toBe(false);
        }
      }
    }
  });

  it("next to a weak one are not weak: any bit but parity makes the difference", () => {
    const weak = new Set(DES_WEAK_KEYS);
    for (const text of DES_WEAK_KEYS) {
      kernels.reset();
      for (let bit = 0; bit < 64; bit++) {
        if (bit % 8 === 7) continue;
        const key = hex(text);
        key[bit >> 3]! ^= 0x80 >> (bit & 7);
        expect(weak.has(withOddParity(key).toString("hex"))).toBe(false);
        expect(valid(Buffer.concat([key, hex("0123456789abcdef")]))).toBe(true);
      }
    }
  });

  it("are refused when neighbours are equal but for parity; K1 = K3 is the form with two keys", () => {
    const [a, b] = [hex("0123456789abcdef"), hex("23456789abcdef01")];
    for (const same of [a, flipParity(a)]) {
      expect(valid(Buffer.concat([a, same]))).toBe(false);
      expect(valid(Buffer.concat([a, same, b]))).toBe(false);
      expect(valid(Buffer.concat([b, a, same]))).toBe(false);
      expect(valid(Buffer.concat([a, b, same]))).toBe(true);
    }
  });

  it("have 16 or 24 bytes", () => {
    const key = hex("0123456789abcdef23456789abcdef01456789abcdef01236789abcdef012345");
    for (let size = 0; size <= key.length; size++) {
      expect(valid(key.subarray(0, size)), `${size} bytes`).toBe(size === 16 || size === 24);
    }
  });

  it("are accepted at random, before and after parity is set", () => {
    fc.assert(
      fc.property(fc.constantFrom(16, 24), fc.nat(), (size, seed) => {
        kernels.reset();
        const key = noise(size, seed + 1);
        expect(valid(key)).toBe(true);
        expect(valid(withOddParity(key))).toBe(true);
      }),
    );
  });

  it("that are weak undo themselves, as node:crypto's DES shows", () => {
    // With K1 = K2 = K3, TDES is DES; and DES under each of the four weak keys is its own inverse.
    const weak = ["0101010101010101", "fefefefefefefefe", "e0e0e0e0f1f1f1f1", "1f1f1f1f0e0e0e0e"];
    const block = noise(8, 5);
    for (const text of weak) {
      expect(DES_WEAK_KEYS).toContain(text);
      const key = Buffer.concat([hex(text), hex(text), hex(text)]);
      const once = nativeMode("des-ede3", "ecb", "encrypt", key, block, block);
      expect(nativeMode("des-ede3", "ecb", "encrypt", key, block, once)).toEqual(block);
    }
  });
});
