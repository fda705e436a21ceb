import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changedPcr, getBanksCommand, type PcrSelection, parseBanks, parseValues, readCommand } from "./pcrCommands.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (text: string) => new Uint8Array(Buffer.from(text, "hex"));
const all24 = Array.from({ length: 24 }, (_, pcr) => pcr);

// Both responses were given by swtpm 0.7.1 with libtpms 0.9.2, after TPM2_Startup(CLEAR), to the commands made here.
const swtpmBanks = bytes("80010000002b00000000000000000500000004000403ffffff000b03ffffff000c03ffffff000d03ffffff");
const swtpmValues = bytes(
  `8001000000de000000000000001400000004000403ff0000000b03000000000c03000000000d0300000000000008${`0014${"00".repeat(20)}`.repeat(8)}`,
);

describe("TPM2_GetCapability(TPM_CAP_PCRS)", () => {
  test("asks for one structure of the PCR capability", () => {
    expect(hex(getBanksCommand())).toBe("8001000000160000017a000000050000000000000001");
  });

  test("swtpm's banks are read", () => {
    expect(parseBanks(swtpmBanks)).toEqual([4, 11, 12, 13].map((algorithm) => ({ algorithm, pcrs: all24 })));
  });

  test("banks without a PCR, which are not allocated, are left out", () => {
    const response = bytes("80010000001f00000000000000000500000002000403000000000b03010080");
    expect(parseBanks(response)).toEqual([{ algorithm: 11, pcrs: [0, 23] }]);
  });
});

describe("TPM2_PCR_Read", () => {
  test("selects the PCRs by one bit each, the lowest first", () => {
    expect(hex(readCommand([{ algorithm: 11, pcrs: [0, 9, 23] }]))).toBe("8001000000140000017e00000001000b03010280");
  });

  test("swtpm's answer has the first eight", () => {
    expect(parseValues(swtpmValues)).toEqual(
      all24.slice(0, 8).map((pcr) => ({ algorithm: 4, pcr, hex: "00".repeat(20) })),
    );
  });

  test("every selection survives the way into the command and back", () => {
    const selections = fc.uniqueArray(
      fc.record({
        algorithm: fc.constantFrom(4, 11, 12, 13),
        pcrs: fc.uniqueArray(fc.nat(23), { minLength: 1 }).map((pcrs) => pcrs.sort((a, b) => a - b)),
      }),
      { minLength: 1, selector: ({ algorithm }) => algorithm },
    );
    fc.assert(
      fc.property(selections, (wanted: PcrSelection[]) => {
        // A GetCapability response carries the same TPML_PCR_SELECTION, behind moreData and the capability.
        const list = readCommand(wanted).subarray(10);
        const response = new Uint8Array([...new Uint8Array(15), ...list]);
        expect(parseBanks(response)).toEqual(wanted);
      }),
    );
  });
});

describe("which PCR a command changes", () => {
  test.each([
    ["TPM2_PCR_Extend", "80020000001000000182", 16],
    ["TPM2_PCR_Event", "8002000000100000013c", 4],
    ["TPM2_PCR_Reset", "8002000000100000013d", 23],
    ["TPM2_EventSequenceComplete", "80020000001000000185", 10],
  ])("%s: the one in its first handle", (_name, header, pcr) => {
    expect(changedPcr(bytes(`${header}${pcr.toString(16).padStart(8, "0")}`))).toBe(pcr);
  });

  test("none with TPM_RH_NULL in place of a PCR", () => {
    expect(changedPcr(bytes("8002000000100000018240000007"))).toBeNull();
  });

  test("none for other commands and for what is too short to have a handle", () => {
    expect(changedPcr(readCommand([{ algorithm: 11, pcrs: [1] }]))).toBeNull();
    expect(changedPcr(bytes("80010000000a00000182"))).toBeNull();
  });
});
