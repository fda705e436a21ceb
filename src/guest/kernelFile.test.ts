import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BootFileError } from "./bootFileError.ts";
import { checkCommandLine, checkKernel, MAXIMUM_COMMAND_LINE } from "./kernelFile.ts";

const KERNEL = new Uint8Array(readFileSync(new URL("../../guest/images/bzImage", import.meta.url)));

/** The kernel with other bytes at some places. */
function changed(changes: Record<number, readonly number[]>): Uint8Array {
  const copy = KERNEL.slice();
  for (const [at, bytes] of Object.entries(changes)) copy.set(bytes, Number(at));
  return copy;
}

const refusal = (kernel: Uint8Array) => {
  try {
    checkKernel(kernel, "vmlinuz");
  } catch (error) {
    expect(error).toBeInstanceOf(BootFileError);
    expect((error as BootFileError).file).toBe("kernel");
    return (error as Error).message;
  }
  return undefined;
};

describe("checkKernel", () => {
  it("reads the header of the guest's kernel", () => {
    expect(checkKernel(KERNEL)).toMatchObject({
      protocol: 0x20f,
      setupSize: 0x4000,
      loadedHigh: true,
      is64Bit: false,
      commandLineSize: 2047,
      initrdAddressMax: 0x7fff_ffff,
      runAddress: 0x100_0000,
    });
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ["an empty file", () => new Uint8Array(), /^The kernel \(vmlinuz\) is empty\.$/],
    ["a gzip file", () => new Uint8Array(gzipSync(KERNEL.subarray(0, 5000))), /is packed \(gzip\)\. Unpack it first/],
    ["an xz file", () => changed({ 0: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0] }), /is packed \(xz\).*unxz/],
    ["a zstd file", () => changed({ 0: [0x28, 0xb5, 0x2f, 0xfd] }), /is packed \(zstd\).*unzstd/],
    ["vmlinux", () => changed({ 0: [0x7f, 0x45, 0x4c, 0x46] }), /is an ELF file.*bzImage/],
    ["a few bytes", () => KERNEL.slice(0, 0x263), /is no kernel: it has 611 bytes/],
    ["something without boot flag", () => changed({ 510: [0, 0], 514: [0] }), /has no 55 AA at 0x1FE/],
    ["a boot sector", () => changed({ 514: [0] }), /has no "HdrS" at 0x202/],
    ["a kernel without boot flag", () => changed({ 511: [0x55] }), /has no 55 AA at 0x1FE/],
    ["a unified kernel image", () => changed({ 0: [0x4d, 0x5a], 514: [0] }), /is a program for UEFI only/],
    ["boot protocol 2.01", () => changed({ 518: [0x01, 0x02] }), /has boot protocol 2\.01, and 2\.02 or newer/],
    ["a zImage", () => changed({ 529: [0] }), /is a zImage/],
    ["a 64-bit kernel", () => changed({ 566: [0x7f] }), /is for x86-64, and this PC's processor has 32 bits/],
    ["too much setup code", () => changed({ 497: [64] }), /says 33280 bytes of setup code/],
    ["a kernel without code", () => changed({ 500: [0, 0, 0, 0] }), /syssize 0/],
    ["a truncated kernel", () => KERNEL.slice(0, 1_000_000), /is cut short: it has 1000000 bytes, and its header says/],
  ])("refuses %s in words", (_, kernel, message) => {
    expect(refusal(kernel())).toMatch(message);
  });

  it("takes a signed kernel, which is longer than its header says, and one that MZ makes an EFI program too", () => {
    const signed = new Uint8Array(KERNEL.length + 3000);
    signed.set(changed({ 0: [0x4d, 0x5a] }));
    expect(checkKernel(signed).codeSize).toBe(checkKernel(KERNEL).codeSize);
  });

  it("knows what the fields of old headers mean", () => {
    expect(checkKernel(changed({ 518: [0x02, 0x02] }))).toMatchObject({
      codeSize: 0,
      commandLineSize: 255,
      initrdAddressMax: 0x37ff_ffff,
      runAddress: 0x10_0000,
      runSize: 0,
      is64Bit: false,
    });
    expect(refusal(changed({ 518: [0x02, 0x02] }).slice(0, 0x4000))).toMatch(/is cut short/);
  });

  it("rounds the address of a relocatable kernel up to its alignment", () => {
    const relocatable = { 564: [1], 600: [0, 0, 0x10, 0] };
    expect(checkKernel(changed(relocatable)).runAddress).toBe(0x20_0000);
    expect(checkKernel(changed({ ...relocatable, 560: [0, 0, 0, 0] })).runAddress).toBe(0x10_0000);
  });

  it("never says anything but a refusal in words, whatever the bytes", () => {
    const random = fc.uint8Array({ maxLength: 2000 });
    fc.assert(
      fc.property(random, (bytes) => {
        expect(refusal(bytes)).toMatch(/^The kernel \(vmlinuz\) (is|has) .+\.$/);
      }),
    );
  });

  it("takes no kernel whose header was changed into what v86 could not load", () => {
    const change = fc.tuple(fc.integer({ min: 0x1f1, max: 0x263 }), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(KERNEL.length), (changes, cut) => {
        const bytes = KERNEL.slice(0, cut % 3 === 0 ? cut : KERNEL.length);
        for (const [at, value] of changes) bytes[at] = value;
        if (refusal(bytes) !== undefined) return;
        const header = checkKernel(bytes);
        expect(String.fromCharCode(...bytes.subarray(0x202, 0x206))).toBe("HdrS");
        expect(header.protocol).toBeGreaterThanOrEqual(0x202);
        expect(header.setupSize).toBeLessThanOrEqual(0x8000);
        expect(bytes.length).toBeGreaterThan(header.setupSize);
        expect(header.setupSize + header.codeSize).toBeLessThan(bytes.length + 16);
        expect(Number.isFinite(header.runAddress + header.runSize)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe("checkCommandLine", () => {
  it("counts octets, up to what the kernel takes", () => {
    expect(() => checkCommandLine("x".repeat(MAXIMUM_COMMAND_LINE))).not.toThrow();
    expect(() => checkCommandLine("x".repeat(2048))).toThrow(
      "The kernel's command line has 2048 octets; this kernel takes 2047. Leave some arguments out.",
    );
    expect(() => checkCommandLine("é".repeat(1024))).toThrow("has 2048 octets");
    expect(() => checkCommandLine("x".repeat(256), { commandLineSize: 255 })).toThrow("takes 255");
    expect(() => checkCommandLine("x".repeat(2048), { commandLineSize: 4095 })).toThrow("takes 2047");
  });

  it.each([
    ["a\0b", "a NUL at character 2"],
    ["quiet\n", "a line break at character 6"],
    ["\rquiet", "a line break at character 1"],
  ])("refuses %j", (line, what) => {
    expect(() => checkCommandLine(line)).toThrow(`has ${what}; it must be one line of text.`);
  });

  it("takes any other line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (line) => {
        if (/[\0\r\n]/.test(line)) expect(() => checkCommandLine(line)).toThrow(BootFileError);
        else expect(checkCommandLine(line)).toBeUndefined();
      }),
    );
  });
});
