import { expect, it, vi } from "vitest";
import { UnsupportedV86Error } from "./internals.ts";
import { cpuOf } from "./testkit/attached.ts";
import { makeEmulator, until } from "./testkit/emulator.ts";
import * as x86 from "./testkit/program.ts";
import { readVgaScreen } from "./vgaScreen.ts";

const DONE = 0x600;

/** An emulator whose BIOS has run these instructions. */
async function ran(...program: number[][]) {
  const emulator = makeEmulator({ bios: { buffer: x86.biosOf(...program, x86.increment(DONE), x86.spin()) } });
  await new Promise<void>((resolve) => emulator.add_listener("emulator-loaded", () => resolve()));
  const cpu = cpuOf(emulator);
  await emulator.run();
  await until(() => cpu.mem8[DONE] === 1);
  return cpu;
}

/** A register of the card behind an index: sequencer 3C4, graphics 3CE, CRT 3D4. */
const set = (port: number, index: number, value: number) => [...x86.out8(port, index), ...x86.out8(port + 1, value)];
const dispi = (index: number, value: number) => [...x86.out16(0x1ce, index), ...x86.out16(0x1cf, value)];

/** The colour of a pixel, RRGGBB. */
function colour({ pixels, width }: { pixels: Uint8ClampedArray; width: number }, x: number, y: number): string {
  const [red = 0, green = 0, blue = 0, alpha] = pixels.subarray(4 * (y * width + x));
  expect(alpha).toBe(255);
  return Buffer.of(red, green, blue).toString("hex");
}

it("a text mode: characters in the card's own font and colours, with the cursor", async () => {
  const cpu = await ran(
    ...[set(0x3ce, 6, 0x0e), set(0x3ce, 5, 0x10), set(0x3c4, 4, 0x02), set(0x3c4, 2, 0x03)],
    ...[set(0x3d4, 9, 15), set(0x3d4, 0x0a, 13), set(0x3d4, 0x0b, 14), set(0x3d4, 0x0f, 2)],
    // Colour 1 is red and 2 is green: palette and DAC.
    ...[x86.in8(0x3da), x86.out8(0x3c0, 1), x86.out8(0x3c0, 1), x86.out8(0x3c0, 2), x86.out8(0x3c0, 2)],
    ...[x86.out8(0x3c0, 0x20), x86.out8(0x3c6, 0xff)],
    ...[x86.out8(0x3c8, 1), x86.out8(0x3c9, 63), x86.out8(0x3c9, 0), x86.out8(0x3c9, 0)],
    ...[x86.out8(0x3c8, 2), x86.out8(0x3c9, 0), x86.out8(0x3c9, 63), x86.out8(0x3c9, 0)],
    ...[x86.store8At(0xb_8000, 0x48), x86.store8At(0xb_8001, 0x12)],
  );
  const { vga } = cpu.devices as unknown as { vga: { plane2: Uint8Array; screen: object } };
  // Of "H" the second line: the leftmost and the rightmost of eight.
  vga.plane2[0x48 * 32 + 1] = 0x81;
  const { screen } = vga;
  const picture = readVgaScreen(cpu)!;
  expect(vga.screen).toBe(screen);
  expect(picture.text?.[0]).toBe("H");
  expect(picture.text).toHaveLength(picture.height / 16);
  const line = Array.from({ length: 8 }, (_, x) => colour(picture, x, 1));
  const [green, red] = ["00ff00", "ff0000"];
  expect(line).toEqual([green, red, red, red, red, red, red, green]);
  expect(colour(picture, 0, 0)).toBe(red);
  // The cursor is two cells further on.
  const cell = picture.width / 80;
  expect(colour(picture, 2 * cell, 13)).toBe(colour(picture, 3 * cell - 1, 14));
});

it("a graphics mode: the card's memory, where there is what v86 makes pictures of; else nothing", async () => {
  const mode = [dispi(4, 0), dispi(1, 320), dispi(2, 200), dispi(3, 32), dispi(4, 0x41)];
  const dot = [...x86.setEax(0x00ff_8040), ...x86.store32(0xe000_0000 + 4 * (320 * 3 + 5))];
  expect(readVgaScreen(await ran(...mode, dot))).toBeNull();
  vi.stubGlobal(
    "ImageData",
    class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    },
  );
  const picture = readVgaScreen(await ran(...mode, dot))!;
  vi.unstubAllGlobals();
  expect([picture.width, picture.height, picture.text]).toEqual([320, 200, null]);
  expect(colour(picture, 5, 3)).toBe("ff8040");
  expect(colour(picture, 4, 3)).toBe("000000");
});

it("a v86 whose card is another one is refused by the name of what is missing", async () => {
  const cpu = await ran();
  const vga = (cpu.devices as unknown as { vga: { update_cursor?: unknown } }).vga;
  vga.update_cursor = undefined;
  expect(() => readVgaScreen(cpu)).toThrow(UnsupportedV86Error);
  expect(() => readVgaScreen(cpu)).toThrow("v86.cpu.devices.vga.update_cursor");
});
