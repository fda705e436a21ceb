import { createHmac } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { hex, noise } from "../testkit/crypto/bytes.ts";
import { KDFA_VECTORS } from "../testkit/crypto/kdfaVectors.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();
const { call } = kernels;

const HASHES = [
  { name: "sha1", algorithm: 0x0004, digestSize: 20 },
  { name: "sha256", algorithm: 0x000b, digestSize: 32 },
  { name: "sha384", algorithm: 0x000c, digestSize: 48 },
  { name: "sha512", algorithm: 0x000d, digestSize: 64 },
  { name: "sm3", algorithm: 0x0012, digestSize: 32 },
  { name: "sha3-384", algorithm: 0x0028, digestSize: 48 },
] as const;

interface Inputs {
  key: Uint8Array;
  label: Uint8Array;
  contextU: Uint8Array;
  contextV: Uint8Array;
  bits: number;
}

/** KDFa written from Part 1, 11.4.10.2, on node:crypto's HMAC. */
function reference(name: string, { key, label, contextU, contextV, bits }: Inputs): Buffer {
  const size = Math.ceil(bits / 8);
  const blocks: Buffer[] = [];
  for (let counter = 1; Buffer.concat(blocks).length < size; counter++) {
    const [i, l] = [Buffer.alloc(4), Buffer.alloc(4)];
    i.writeUInt32BE(counter);
    l.writeUInt32BE(bits);
    const terminator = label.at(-1) === 0 ? Buffer.alloc(0) : Buffer.alloc(1);
    blocks.push(
      createHmac(name, key)
        .update(Buffer.concat([i, label, terminator, contextU, contextV, l]))
        .digest(),
    );
  }
  const out = Buffer.concat(blocks).subarray(0, size);
  if (bits % 8 !== 0) out[0]! &= 2 ** (bits % 8) - 1;
  return out;
}

function kdfa(
  algorithm: number,
  { key, label, contextU, contextV, bits }: Inputs,
  piece: { counterStart: number; blocks: number } = { counterStart: 0, blocks: 0 },
): Buffer {
  const out = kernels.take(64 + Math.ceil(bits / 8));
  const size = call.kdfa(
    algorithm,
    ...([key, label, contextU, contextV].flatMap((bytes) => [kernels.put(bytes), bytes.length]) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ]),
    bits,
    out,
    piece.counterStart,
    piece.blocks,
  );
  return kernels.get(out, size);
}

beforeEach(() => kernels.reset());

describe("kdfa", () => {
  it.each(KDFA_VECTORS)("agrees with go-tpm's vector: algorithm $algorithm, $bits bits", (vector) => {
    const label = Buffer.from(vector.label);
    const inputs = {
      key: hex(vector.key),
      contextU: hex(vector.contextU),
      contextV: hex(vector.contextV),
      bits: vector.bits,
    };
    expect(kdfa(vector.algorithm, { ...inputs, label })).toEqual(hex(vector.result));
    // A label with its terminating zero is the same label.
    expect(kdfa(vector.algorithm, { ...inputs, label: Buffer.from(`${vector.label}\0`) })).toEqual(hex(vector.result));
  });

  describe.each(HASHES)("$name", ({ name, algorithm, digestSize }) => {
    it("agrees with KDFa over node:crypto's HMAC for every number of bits up to three digests and one", () => {
      const inputs = { key: noise(20), label: Buffer.from("STORAGE"), contextU: noise(32, 2), contextV: noise(7, 3) };
      for (let bits = 0; bits <= 24 * digestSize + 1; bits++) {
        kernels.reset();
        expect(kdfa(algorithm, { ...inputs, bits }), `${bits} bits`).toEqual(reference(name, { ...inputs, bits }));
      }
    });

    it("agrees for any key, label (also one with zeros in it or at its end) and contexts", () => {
      const label = fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.string({ maxLength: 12 }).map((text) => Buffer.from(`${text}\0`)),
      );
      const bytes = fc.uint8Array({ maxLength: 160 });
      fc.assert(
        fc.property(
          fc.record({ key: bytes, label, contextU: bytes, contextV: bytes, bits: fc.integer({ min: 1, max: 4096 }) }),
          (inputs) => {
            kernels.reset();
            expect(kdfa(algorithm, inputs)).toEqual(reference(name, inputs));
          },
        ),
      );
    });

    it("derives with a key that is in place, and leaves the key there", () => {
      const inputs = { label: Buffer.from("CONTEXT"), contextU: noise(8, 2), contextV: noise(4, 3), bits: 384 };
      const key = noise(64);
      const context = kernels.take(448);
      call.hmacInit(context, algorithm, kernels.put(key), key.length);
      const keyed = Buffer.from(kernels.get(context, 448));
      const out = kernels.take(64);
      const put = (bytes: Uint8Array) => [kernels.put(bytes), bytes.length] as const;
      const derive = () =>
        call.kdfaKeyed(
          context,
          ...put(inputs.label),
          ...put(inputs.contextU),
          ...put(inputs.contextV),
          inputs.bits,
          out,
        );
      for (let i = 0; i < 2; i++) {
        expect(kernels.get(out, derive())).toEqual(reference(name, { key, ...inputs }));
        expect(Buffer.from(kernels.get(context, 448))).toEqual(keyed);
      }
      call.wipe(context, 448);
      expect(derive()).toBe(0);
    });

    it("makes a long stream in pieces of whole digests", () => {
      const bits = 8 * (5 * digestSize + 3);
      const inputs = {
        key: noise(32),
        label: Buffer.from("XOR\0"),
        contextU: noise(16, 2),
        contextV: noise(16, 3),
        bits,
      };
      const whole = reference(name, inputs);
      const pieces = [
        kdfa(algorithm, inputs, { counterStart: 0, blocks: 2 }),
        kdfa(algorithm, inputs, { counterStart: 2, blocks: 1 }),
        kdfa(algorithm, inputs, { counterStart: 3, blocks: 3 }),
      ];
      expect(pieces.map((piece) => piece.length)).toEqual([2, 1, 3].map((blocks) => blocks * digestSize));
      expect(Buffer.concat(pieces).subarray(0, whole.length)).toEqual(whole);
    });

    it("writes no more than it returns, and leaves no derived key behind", () => {
      const inputs = { key: noise(digestSize, 77), label: Buffer.from("CFB"), contextU: noise(9), contextV: noise(9) };
      const result = kdfa(algorithm, { ...inputs, bits: 8 * (digestSize + 5) });
      kernels.reset();
      expect(kernels.find(result.subarray(0, 8))).toEqual([]);
      expect(kernels.find(result.subarray(digestSize - 8, digestSize))).toEqual([]);
      expect(kernels.find(inputs.key.subarray(0, 8))).toEqual([]);
      const out = kernels.put(Buffer.alloc(digestSize, 0xcc));
      expect(call.kdfa(algorithm, 0, 0, 0, 0, 0, 0, 0, 0, 24, out)).toBe(3);
      expect(kernels.get(out + 3, digestSize - 3)).toEqual(Buffer.alloc(digestSize - 3, 0xcc));
    });
  });

  it("takes no output buffer for an unknown hash algorithm", () => {
    const out = kernels.put(noise(32));
    expect(call.kdfa(0x0010, out, 4, out, 4, out, 4, out, 4, 128, out)).toBe(0);
    expect(kernels.get(out, 32)).toEqual(noise(32));
  });
});
