import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { furnish, recordOf } from "../../asm/testkit/inspection.ts";
import { TpmCoreError } from "./core.ts";
import { readPublic } from "./inspectedPublic.ts";
import { readInspection } from "./inspectionRecord.ts";

let record: Uint8Array;
beforeAll(async () => {
  record = recordOf((await furnish()).tpm);
});

/** Reads, or says why not in an error of ours. */
function readsOrRefuses(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (!(error instanceof TpmCoreError)) throw error;
    return false;
  }
}

describe("the decoder of the core's record", () => {
  it("takes what the core writes", () => {
    expect(readInspection(record)).toMatchObject({ profile: "full", started: true });
  });

  it("refuses arbitrary octets in words, and never runs away", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (octets) => {
        expect(readsOrRefuses(() => readInspection(octets))).toBe(false);
      }),
    );
  });

  it("refuses a record that is cut short, has more at its end, or is of another version", () => {
    fc.assert(
      fc.property(fc.nat(record.length - 1), (size) => {
        expect(() => readInspection(record.subarray(0, size))).toThrow(TpmCoreError);
      }),
    );
    expect(() => readInspection(Uint8Array.of(...record, 0))).toThrow("1 octets are left over");
    const newer = record.slice();
    newer[5] = 2;
    expect(() => readInspection(newer)).toThrow("it has version 2, not 1");
  });

  it("reads or refuses one in which octets were changed", () => {
    let refused = 0;
    fc.assert(
      fc.property(fc.nat(record.length - 1), fc.nat(255), (at, octet) => {
        const changed = record.slice();
        changed[at] = octet;
        if (!readsOrRefuses(() => readInspection(changed))) refused++;
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(0);
  });

  it("reads or refuses arbitrary public areas", () => {
    const types = [0x0001, 0x0008, 0x0023, 0x0025];
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 80 }), (type, rest) => {
        readsOrRefuses(() => readPublic(Uint8Array.of(type >> 8, type & 0xff, ...rest)));
      }),
    );
  });
});
