import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../testkit/crypto/bytes.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();
const { call } = kernels;

const HASHES = [
  { name: "sha1", algorithm: 0x0004 },
  { name: "sha256", algorithm: 0x000b },
  { name: "sha384", algorithm: 0x000c },
  { name: "sha512", algorithm: 0x000d },
  { name: "sm3", algorithm: 0x0012 },
  { name: "sha3-256", algorithm: 0x0027 },
  { name: "sha3-384", algorithm: 0x0028 },
  { name: "sha3-512", algorithm: 0x0029 },
] as const;

/** MGF1 written from RFC 8017, B.2.1, on node:crypto's hashes; KDF2 (ISO/IEC 18033-2, 6.2.3) with a `first` of 1. */
function reference(name: string, seed: Uint8Array, size: number, first = 0): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = first; Buffer.concat(blocks).length < size; counter++) {
    const i = Buffer.alloc(4);
    i.writeUInt32BE(counter);
    blocks.push(createHash(name).update(seed).update(i).digest());
  }
  return Buffer.concat(blocks).subarray(0, size);
}

function xored(algorithm: number, seed: Uint8Array, data: Buffer): Buffer {
  const guard = Buffer.alloc(8, 0xa5);
  const at = kernels.put(Buffer.concat([data, guard]));
  expect(call.mgf1Xor(algorithm, kernels.put(seed), seed.length, at, data.length)).toBe(1);
  expect(kernels.get(at + data.length, 8)).toEqual(guard);
  return kernels.get(at, data.length);
}

beforeEach(() => kernels.reset());

describe("mgf1", () => {
  // Wikipedia, "Mask generation function".
  it.each([
    ["foo", 0x0004, "1ac907"],
    ["foo", 0x0004, "1ac9075cd4"],
    ["bar", 0x0004, "bc0c655e01"],
    [
      "bar",
      0x000b,
      "382576a7841021cc28fc4c0948753fb8312090cea942ea4c4e735d10dc724b155f9f6069f289d61daca0cb814502ef04eae1",
    ],
  ])("gives the published mask: %s, algorithm %i, %s", (seed, algorithm, mask) => {
    expect(xored(algorithm, Buffer.from(seed), Buffer.alloc(mask.length / 2)).toString("hex")).toBe(mask);
  });

  it.each(HASHES)("agrees with MGF1 over node:crypto's $name for every size from 0 to 300", ({ name, algorithm }) => {
    for (let size = 0; size <= 300; size++) {
      kernels.reset();
      const seed = noise(size % 70, size + 1);
      expect(xored(algorithm, seed, Buffer.alloc(size)), `${size} bytes`).toEqual(reference(name, seed, size));
    }
  });

  it("puts the mask over data: twice is as it was", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...HASHES),
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ maxLength: 300 }),
        ({ name, algorithm }, seed, bytes) => {
          kernels.reset();
          const data = Buffer.from(bytes);
          const mask = reference(name, seed, data.length);
          const masked = xored(algorithm, seed, data);
          expect(masked).toEqual(data.map((byte, i) => byte ^ mask[i]!));
          expect(xored(algorithm, seed, masked)).toEqual(data);
        },
      ),
    );
  });

  it("refuses an unknown hash algorithm, and leaves no mask behind", () => {
    const data = kernels.put(noise(16));
    expect(call.mgf1Xor(0x0010, data, 4, data, 16)).toBe(0);
    expect(call.mgf1Xor(0x0010, data, 4, data, 0)).toBe(0);
    expect(kernels.get(data, 16)).toEqual(noise(16));
    const mask = xored(0x000b, noise(20), Buffer.alloc(32));
    kernels.reset();
    expect(kernels.find(mask.subarray(0, 8))).toEqual([]);
  });
});

describe("kdf2", () => {
  it.each(HASHES)("agrees with KDF2 over node:crypto's $name for every size from 0 to 300", ({ name, algorithm }) => {
    for (let size = 0; size <= 300; size++) {
      kernels.reset();
      const seed = noise(size % 170, size + 1);
      const at = kernels.put(Buffer.alloc(size + 8));
      expect(call.kdf2Xor(algorithm, kernels.put(seed), seed.length, at, size)).toBe(1);
      expect(kernels.get(at, size), `${size} bytes`).toEqual(reference(name, seed, size, 1));
      expect(kernels.get(at + size, 8)).toEqual(Buffer.alloc(8));
    }
  });

  it("refuses an unknown hash algorithm", () => {
    const data = kernels.put(noise(16));
    expect(call.kdf2Xor(0x0010, data, 4, data, 16)).toBe(0);
    expect(kernels.get(data, 16)).toEqual(noise(16));
  });
});
