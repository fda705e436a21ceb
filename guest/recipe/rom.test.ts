import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withChecksums } from "./rom.mjs";

const BLOCK = 512;
const MAX_SIZE = 8 * 1024;
const PNP_SIZE = 32;
const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => (total + byte) & 0xff, 0);

/** A ROM of so many blocks with its header at `pnp`, and what `content` fills it with. */
function romOf(blocks: number, pnp: number, content: number): Buffer {
  const rom = Buffer.alloc(blocks * BLOCK, content);
  rom.set([0x55, 0xaa, blocks]);
  rom.write("$PnP", pnp, "latin1");
  return rom;
}

describe("withChecksums", () => {
  it("makes the sums of header and ROM 0, wherever the header is", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 0x1a, max: BLOCK - PNP_SIZE - 1 }),
        fc.integer({ min: 0, max: 0xff }),
        (blocks, pnp, content) => {
          const rom = withChecksums(romOf(blocks, pnp, content));
          expect(sum(rom)).toBe(0);
          expect(sum(rom.subarray(pnp, pnp + PNP_SIZE))).toBe(0);
        },
      ),
    );
  });

  it("refuses what is no option ROM with a PnP header", () => {
    const wrong = [romOf(2, 0x20, 0), romOf(2, 0x20, 0), romOf(2, 0x20, 0)];
    wrong[0]![0] = 0;
    wrong[1]![2] = 3;
    wrong[2]!.fill(0, 0x20, 0x24);
    for (const rom of wrong) expect(() => withChecksums(rom)).toThrow("guest/rom/boot.asm: no option ROM");
  });
});

describe("guest/images/boot.rom", () => {
  const rom = readFileSync(new URL("../images/boot.rom", import.meta.url));
  const pnp = rom.readUInt16LE(0x1a);

  it("is an option ROM of at most 8 KiB whose sum is 0", () => {
    expect([rom.readUInt16LE(0), rom[2]! * BLOCK]).toEqual([0xaa55, rom.length]);
    expect(rom.length).toBeLessThanOrEqual(MAX_SIZE);
    expect(sum(rom)).toBe(0);
    // No PCI data structure.
    expect(rom.readUInt16LE(0x18)).toBe(0);
  });

  it("has a PnP header with names and a boot connection vector inside of it", () => {
    expect(rom.subarray(pnp, pnp + 6).toString("latin1")).toBe("$PnP\x01\x02");
    expect(sum(rom.subarray(pnp, pnp + PNP_SIZE))).toBe(0);
    const text = (at: number) => rom.subarray(at, rom.indexOf(0, at)).toString();
    expect([text(rom.readUInt16LE(pnp + 14)), text(rom.readUInt16LE(pnp + 16))]).toEqual(["tabtpm", "Linux, measured"]);
    const bcv = rom.readUInt16LE(pnp + 22);
    expect(bcv).toBeGreaterThan(pnp + PNP_SIZE);
    expect(bcv).toBeLessThan(rom.length);
  });

  it("has no line that is longer than the screen is wide", () => {
    const lines = rom.toString("latin1").match(/[ -~]{12,}/g)!;
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => line.length > 78)).toEqual([]);
  });
});
