import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { optionRom } from "./optionRom.ts";

const sum = (octets: Uint8Array) => octets.reduce((total, octet) => (total + octet) & 0xff, 0);
const printable = fc.string({ unit: fc.constantFrom(..."abcXYZ 0189.,:;!?~-"), maxLength: 200 });

// That SeaBIOS runs and measures it, and that it says its line, src/v86/bootChange.integration.test.ts shows.
describe("an option ROM that says a line", () => {
  it("has the sums and sizes that a firmware looks at, and its text behind its code", () => {
    fc.assert(
      fc.property(printable, (text) => {
        const { name, data } = optionRom("extra", text);
        expect(name).toBe("genroms/extra.bin");
        expect([data[0], data[1], data[2]! * 512]).toEqual([0x55, 0xaa, data.length]);
        expect(sum(data)).toBe(0);
        const rom = Buffer.from(data);
        const pnp = rom.readUInt16LE(0x1a);
        expect(rom.subarray(pnp, pnp + 6).toString("latin1")).toBe("$PnP\x01\x02");
        expect(sum(rom.subarray(pnp, pnp + 32))).toBe(0);
        // CALL FAR to 3, which is a jump behind the header.
        expect(rom[3]).toBe(0xe9);
        expect(6 + rom.readInt16LE(4)).toBe(pnp + 32);
        const textAt = rom.readUInt16LE(rom.indexOf(0xbe, pnp + 32) + 1);
        expect(rom.subarray(textAt, rom.indexOf(0, textAt)).toString("latin1")).toBe(`${text} \r\n`);
      }),
    );
  });

  it("refuses a name that is no file's, and a text that the firmware's console can't show", () => {
    for (const name of ["", "A", "a/b", "a".repeat(33)]) expect(() => optionRom(name, "")).toThrow(RangeError);
    for (const text of ["\n", "ä", "a".repeat(201)]) expect(() => optionRom("extra", text)).toThrow(RangeError);
  });
});
