import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BootFileError } from "./bootFileError.ts";
import { kernelVersion, withKernelVersion } from "./kernelVersion.ts";

const file = readFileSync(new URL("../../guest/images/bzImage", import.meta.url));
const kernel = new Uint8Array(file).buffer;
const own = kernelVersion(kernel);

describe("a kernel's version", () => {
  it("is what file(1) prints of it", () => {
    expect(own).toMatch(/^\d+\.\d+\.\d+-tabtpm \(.*\) #1 /);
  });

  it("is changed, and nothing else", () => {
    const version = fc.string({ unit: fc.constantFrom(..."abc0189.-# "), minLength: 1, maxLength: own.length });
    fc.assert(
      fc.property(version, (wanted) => {
        const changed = withKernelVersion(kernel, wanted);
        expect(kernelVersion(changed)).toBe(wanted);
        const at = file.indexOf(own, 0, "latin1");
        expect(file.subarray(0, at).equals(new Uint8Array(changed, 0, at))).toBe(true);
        const end = at + own.length;
        expect(file.subarray(end).equals(new Uint8Array(changed, end))).toBe(true);
      }),
      { numRuns: 10 },
    );
    expect(kernelVersion(kernel)).toBe(own);
  });

  it("is refused where there is no room, or no kernel", () => {
    for (const wrong of ["", "ä", "\n", `${own}x`]) expect(() => withKernelVersion(kernel, wrong)).toThrow(RangeError);
    expect(() => kernelVersion(new ArrayBuffer(1024))).toThrow(BootFileError);
    const nameless = new Uint8Array(kernel.slice(0));
    nameless.fill(0, 0x20e, 0x210);
    expect(() => kernelVersion(nameless.buffer)).toThrow("no version");
  });
});
