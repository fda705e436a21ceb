import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { hex, noise } from "../testkit/crypto/bytes.ts";
import { KDFE_VECTORS } from "../testkit/crypto/kdfeVectors.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();
const { call } = kernels;

const HASHES = [
  { name: "sha1", algorithm: 0x0004, digestSize: 20 },
  { name: "sha256", algorithm: 0x000b, digestSize: 32 },
  { name: "sha384", algorithm: 0x000c, digestSize: 48 },
  { name: "sha512", algorithm: 0x000d, digestSize: 64 },
  { name: "sm3", algorithm: 0x0012, digestSize: 32 },
  { name: "sha3-256", algorithm: 0x0027, digestSize: 32 },
] as const;

interface Inputs {
  z: Uint8Array;
  label: Uint8Array;
  partyU: Uint8Array;
  partyV: Uint8Array;
  bits: number;
}

/** KDFe written from Part 1, 11.4.10.3, on node:crypto's hashes. */
function reference(name: string, { z, label, partyU, partyV, bits }: Inputs): Buffer {
  const size = Math.ceil(bits / 8);
  const blocks: Buffer[] = [];
  for (let counter = 1; Buffer.concat(blocks).length < size; counter++) {
    const i = Buffer.alloc(4);
    i.writeUInt32BE(counter);
    const terminator = label.at(-1) === 0 ? Buffer.alloc(0) : Buffer.alloc(1);
    blocks.push(
      createHash(name)
        .update(Buffer.concat([i, z, label, terminator, partyU, partyV]))
        .digest(),
    );
  }
  const out = Buffer.concat(blocks).subarray(0, size);
  if (bits % 8 !== 0) out[0]! &= 2 ** (bits % 8) - 1;
  return out;
}

function kdfe(algorithm: number, { z, label, partyU, partyV, bits }: Inputs): Buffer {
  const out = kernels.put(Buffer.alloc(Math.ceil(bits / 8) + 8, 0xa5));
  const operands = [z, label, partyU, partyV].flatMap((bytes) => [kernels.put(bytes), bytes.length]);
  const size = call.kdfe(
    algorithm,
    ...(operands as [number, number, number, number, number, number, number, number]),
    bits,
    out,
  );
  expect(size).toBe(Math.ceil(bits / 8));
  expect(kernels.get(out + size, 8)).toEqual(Buffer.alloc(8, 0xa5));
  return kernels.get(out, size);
}

beforeEach(() => kernels.reset());

describe("kdfe", () => {
  it.each(KDFE_VECTORS)("agrees with go-tpm's vector: algorithm $algorithm, $bits bits", (vector) => {
    const inputs = { z: hex(vector.z), partyU: hex(vector.partyU), partyV: hex(vector.partyV), bits: vector.bits };
    const label = Buffer.from(vector.label);
    expect(kdfe(vector.algorithm, { ...inputs, label })).toEqual(hex(vector.result));
    // A label with its terminating zero is the same label.
    expect(kdfe(vector.algorithm, { ...inputs, label: Buffer.from(`${vector.label}\0`) })).toEqual(hex(vector.result));
  });

  describe.each(HASHES)("$name", ({ name, algorithm, digestSize }) => {
    it("agrees with KDFe over node:crypto's hash for every number of bits up to two digests and one", () => {
      const inputs = { z: noise(32), label: Buffer.from("SECRET"), partyU: noise(32, 2), partyV: noise(7, 3) };
      for (let bits = 0; bits <= 16 * digestSize + 1; bits++) {
        kernels.reset();
        expect(kdfe(algorithm, { ...inputs, bits }), `${bits} bits`).toEqual(reference(name, { ...inputs, bits }));
      }
    });

    it("agrees for any secret, label (also one with zeros in it or at its end) and parties", () => {
      const label = fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.string({ maxLength: 12 }).map((text) => Buffer.from(`${text}\0`)),
      );
      const bytes = fc.uint8Array({ maxLength: 160 });
      fc.assert(
        fc.property(
          fc.record({ z: bytes, label, partyU: bytes, partyV: bytes, bits: fc.integer({ min: 1, max: 4096 }) }),
          (inputs) => {
            kernels.reset();
            expect(kdfe(algorithm, inputs)).toEqual(reference(name, inputs));
          },
        ),
      );
    });

    it("leaves neither secret nor derived key behind", () => {
      const inputs = { z: noise(32, 77), label: Buffer.from("DUPLICATE"), partyU: noise(9), partyV: noise(9) };
      const result = kdfe(algorithm, { ...inputs, bits: 8 * (digestSize + 9) });
      kernels.reset();
      for (const secret of [result.subarray(0, 8), result.subarray(digestSize, digestSize + 8), inputs.z]) {
        expect(kernels.find(secret.subarray(0, 8))).toEqual([]);
      }
    });
  });

  it("writes nothing for an unknown hash algorithm", () => {
    const out = kernels.put(noise(32));
    expect(call.kdfe(0x0010, out, 4, out, 4, out, 4, out, 4, 128, out)).toBe(0);
    expect(kernels.get(out, 32)).toEqual(noise(32));
  });
});
