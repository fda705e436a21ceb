import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyBootImages, restoreBootImages } from "./bootImages.ts";
import { requireInternals } from "./internals.ts";
import { loaded, makeEmulator } from "./testkit/emulator.ts";

const MIB = 1 << 20;
const KERNEL = readFileSync(new URL("../../guest/images/bzImage", import.meta.url));

describe("boot images", () => {
  it("are setup, command line, kernel and initrd as v86 loaded them, to the byte", async () => {
    const initrd = Uint8Array.from({ length: 100_001 }, (_, i) => i % 251);
    const cmdline = "console=ttyS0 example=1";
    const emulator = makeEmulator({
      memory_size: 96 * MIB,
      bzimage: { buffer: new Uint8Array(KERNEL).buffer },
      initrd: { buffer: initrd.slice().buffer },
      cmdline,
    });
    await loaded(emulator);
    const { mem8: memory } = requireInternals(emulator);
    const images = copyBootImages(memory, 96 * MIB);
    const image = (name: string) => images.find((entry) => entry.name === name)!;
    expect(images.map((entry) => entry.name)).toEqual(["setup", "command line", "kernel", "initrd"]);
    expect(Buffer.compare(image("initrd").bytes, initrd)).toBe(0);
    expect(new TextDecoder().decode(image("command line").bytes)).toBe(`${cmdline}\0`);
    const setupSize = (KERNEL[0x1f1]! + 1) * 512;
    expect(image("setup").bytes).toHaveLength(setupSize);
    const kernel = image("kernel").bytes;
    expect(Buffer.compare(kernel, KERNEL.subarray(setupSize, setupSize + kernel.length))).toBe(0);
    expect(KERNEL.length - setupSize - kernel.length).toBeLessThan(16);

    const before = memory.slice(0, 96 * MIB);
    for (const { address, bytes } of images) memory.set(new Uint8Array(bytes.length).fill(0xee), address);
    restoreBootImages(memory, images);
    expect(Buffer.compare(memory.slice(0, 96 * MIB), before)).toBe(0);
  });

  it("are none without a kernel", () => {
    expect(copyBootImages(new Uint8Array(MIB), MIB)).toEqual([]);
    expect(copyBootImages(new Uint8Array(16), 16)).toEqual([]);
  });

  it("are copied within RAM or refused by name, whatever the header says", () => {
    const memory = new Uint8Array(2 * MIB);
    const view = new DataView(memory.buffer);
    const word = fc.oneof(fc.nat(2 * MIB), fc.integer({ min: 0, max: 0xffff_ffff }));
    fc.assert(
      fc.property(fc.nat(255), word, word, word, word, (sectors, syssize, commandLine, ramdisk, ramdiskSize) => {
        view.setUint16(0x8_01fe, 0xaa55, true);
        view.setUint32(0x8_0202, 0x5372_6448, true);
        view.setUint8(0x8_01f1, sectors);
        view.setUint32(0x8_01f4, syssize, true);
        view.setUint32(0x8_0228, commandLine, true);
        view.setUint32(0x8_0218, ramdisk, true);
        view.setUint32(0x8_021c, ramdiskSize, true);
        try {
          for (const { address, bytes } of copyBootImages(memory, memory.length)) {
            expect(bytes.length).toBeGreaterThan(0);
            expect(address + bytes.length).toBeLessThanOrEqual(memory.length);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          expect((error as Error).message).toMatch(/^The (setup|command line|kernel|initrd) \(/);
        }
      }),
    );
  });
});
