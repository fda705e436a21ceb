import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TPM_ALG } from "../spec/algorithms.ts";
import { algorithmName, digest, isHash } from "./digest.ts";
import { HASHES } from "./testkit/hashes.ts";

describe("a digest", () => {
  it.each(Object.entries(HASHES))("with %s is OpenSSL's, of any size and in any pieces", async (name, algorithm) => {
    // Around the ends of blocks, where padding goes wrong.
    const sizes = fc.oneof(fc.constantFrom(0, 1, 55, 56, 63, 64, 71, 72, 103, 104, 135, 136, 137, 272), fc.nat(400));
    const data = sizes.chain((size) => fc.uint8Array({ minLength: size, maxLength: size }));
    const whole = async (octets: Uint8Array, cut: number) => {
      const parts = [octets.subarray(0, cut), octets.subarray(cut)];
      expect(Buffer.from(await digest(algorithm, ...parts))).toEqual(createHash(name).update(octets).digest());
    };
    await fc.assert(fc.asyncProperty(data, fc.nat(400), whole), { numRuns: 30 });
  });

  it("needs a hash of the specification", async () => {
    expect(isHash(TPM_ALG.TPM_ALG_AES)).toBe(false);
    await expect(digest(TPM_ALG.TPM_ALG_AES)).rejects.toThrow("no hash algorithm aes");
    expect(algorithmName(0x7777)).toBe("0x7777");
  });
});
