import fc from "fast-check";
import { beforeEach, describe, expect, it } from "vitest";
import { noise } from "../testkit/crypto/bytes.ts";
import { compileKernels } from "../testkit/crypto/compile.ts";
import { loadKernels } from "../testkit/crypto/kernels.ts";

const kernels = await loadKernels();
const { call } = kernels;

beforeEach(() => kernels.reset());

describe("constantTimeEqual", () => {
  it("sees a difference in any single bit", () => {
    const bytes = noise(64);
    const a = kernels.put(bytes);
    const b = kernels.put(bytes);
    expect(call.constantTimeEqual(a, b, 64)).toBe(1);
    for (let bit = 0; bit < 512; bit++) {
      const other = Buffer.from(bytes);
      other[bit >> 3]! ^= 1 << (bit & 7);
      kernels.set(b, other);
      expect(call.constantTimeEqual(a, b, 64)).toBe(0);
    }
  });

  it("is equality of the first `size` bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }), (a, b) => {
        kernels.reset();
        const size = Math.min(a.length, b.length);
        const equal = Buffer.compare(a.subarray(0, size), b.subarray(0, size)) === 0;
        expect(call.constantTimeEqual(kernels.put(a), kernels.put(b), size)).toBe(equal ? 1 : 0);
      }),
    );
    expect(call.constantTimeEqual(kernels.put(noise(1)), kernels.put(noise(1, 2)), 0)).toBe(1);
  });
});

describe("wipe", () => {
  it("zeroes the area and nothing beside it", () => {
    for (let size = 0; size <= 70; size++) {
      kernels.reset();
      const at = kernels.put(noise(size + 16));
      call.wipe(at + 8, size);
      const expected = noise(size + 16);
      expected.fill(0, 8, 8 + size);
      expect(kernels.get(at, size + 16)).toEqual(expected);
    }
  });
});

describe("module", () => {
  it("imports nothing, and its memory never grows", async () => {
    const module = await WebAssembly.compile(await compileKernels());
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(() => call.memory.grow(1)).toThrow(RangeError);
  });
});
