import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_VARIABLES, FirmwareVariablesError, packVariables, unpackVariables } from "./variables.ts";

const variables = fc.record({
  ppFlags: fc.integer({ min: 0, max: 0xffff_ffff }),
  disabledHierarchies: fc.nat(3),
});

/** With the checksum that fits. */
function sealed(bytes: Uint8Array): Uint8Array {
  new DataView(bytes.buffer).setUint32(13, crc32(bytes.subarray(0, 13)), true);
  return bytes;
}

describe("stored firmware variables", () => {
  it("come back as they went", () => {
    fc.assert(
      fc.property(variables, (given) => {
        expect(unpackVariables(packVariables(given))).toEqual(given);
      }),
    );
  });

  it("lie there in a layout that stays", () => {
    const bytes = packVariables({ ppFlags: 0x0007_00e2, disabledHierarchies: 2 });
    const checksum = crc32(bytes.subarray(0, 13)).toString(16).padStart(8, "0");
    expect(Buffer.from(bytes).toString("hex")).toBe(
      `${Buffer.from("TABTPMV").toString("hex")}01e200070002${checksum.match(/../g)!.reverse().join("")}`,
    );
  });

  it("are the defaults where there are none", () => {
    expect(unpackVariables(null)).toBe(DEFAULT_VARIABLES);
  });

  it("are refused with one bit changed, cut short or with something behind them", () => {
    fc.assert(
      fc.property(variables, fc.nat(17 * 8 - 1), fc.uint8Array({ minLength: 1, maxLength: 9 }), (given, bit, more) => {
        const bytes = packVariables(given);
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => unpackVariables(changed)).toThrow(FirmwareVariablesError);
        expect(() => unpackVariables(bytes.subarray(0, bit >> 3))).toThrow(FirmwareVariablesError);
        expect(() => unpackVariables(Uint8Array.from([...bytes, ...more]))).toThrow(FirmwareVariablesError);
      }),
    );
  });

  it("are refused, and nothing else is thrown, for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(() => unpackVariables(bytes)).toThrow(FirmwareVariablesError);
      }),
    );
  });

  it("say why they are refused, and what holds", () => {
    const newer = packVariables(DEFAULT_VARIABLES);
    newer[7] = 2;
    expect(() => unpackVariables(newer)).toThrow(/written by a newer tabtpm \(layout 2\); update tabtpm/);
    const hierarchies = packVariables(DEFAULT_VARIABLES);
    hierarchies[12] = 4;
    expect(() => unpackVariables(hierarchies)).toThrow(/checksum is wrong/);
    expect(() => unpackVariables(sealed(hierarchies))).toThrow(/hierarchies that there are not \(4\)/);
    expect(() => unpackVariables(new Uint8Array())).toThrow(
      /\(0 bytes\) are damaged: they do not begin as such\. Until the firmware stores new ones, the defaults hold: it asks before/,
    );
  });
});
