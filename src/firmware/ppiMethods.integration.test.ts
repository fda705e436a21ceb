/** `_DSM` in the interpreter that Linux has, ACPICA, called as Linux 6.1 calls it. */
import { describe, expect, it } from "vitest";
import { concat } from "../engine/bytes.ts";
import { isInstalled } from "../node/testkit/installed.ts";
import { PPI_BASE_ADDRESS, PPI_FUNC } from "../ppi/registers.ts";
import { acpiTable } from "./acpiTable.ts";
import { integer } from "./aml.ts";
import { add, argument, BYTE_ACCESS, call, fields, memoryRegion, method, store } from "./amlCode.ts";
import { evaluate } from "./testkit/acpica.ts";
import { tpmDeviceTable } from "./tpmDevice.ts";

const PRESENCE = "(A6 FA DD 3D 1B 36 B4 4E A4 24 8D 10 08 9D 16 53)";
const OVERWRITE = "(ED 54 60 37 13 CC 75 46 90 1C 47 56 D7 F2 D4 5D)";
const dsm = (uuid: string, revision: number, index: number, parameters: string) =>
  `\\_SB.TPM._DSM ${uuid} ${revision} ${index} ${parameters}`;
const presence = (revision: number, index: number, ...parameters: number[]) =>
  dsm(PRESENCE, revision, index, `[${parameters.join(" ")}]`);

/** The firmware's part: POKE (offset, value) writes a byte of the page. */
const FIRMWARE = acpiTable(
  { signature: "SSDT", revision: 2, oemTableId: "FIRMWARE" },
  concat(
    method(
      "\\POKE",
      2,
      memoryRegion("PAGE", add(integer(PPI_BASE_ADDRESS), argument(0)), 1),
      fields("PAGE", BYTE_ACCESS, [["BYT", 8]]),
      store(argument(1), call("BYT")),
    ),
    method("\\RSLT", 1, store(argument(0), call("\\_SB.TPM.PPRP"))),
    method("\\LAST", 1, store(argument(0), call("\\_SB.TPM.LPPR"))),
  ),
);
const ALLOWED = 3;
const poke = (operation: number, flags: number) => `\\POKE ${PPI_FUNC + operation} ${flags}`;
/** Clear and bank change allowed, 17 blocked, 18 left to the firmware, 33 without a user. */
const FUNCTIONS = [poke(5, ALLOWED), poke(23, ALLOWED), poke(17, 2), poke(18, 1), poke(33, 0xf4)];

/** @returns what the calls after the firmware's return. */
function values(...calls: string[]): unknown[] {
  const results = evaluate({ tpm: tpmDeviceTable({ interface: "tis" }), firmware: FIRMWARE }, [...FUNCTIONS, ...calls]);
  expect(results).toHaveLength(FUNCTIONS.length + calls.length);
  expect(results.flatMap(({ errors }) => errors)).toEqual([]);
  return results.slice(FUNCTIONS.length).map(({ value }) => value);
}

describe.runIf(isInstalled("acpiexec"))("the physical presence functions", () => {
  it("are the functions 0 to 8 of version 1.3, whose requests take effect at a reboot", () => {
    expect(values(presence(1, 0, 0), presence(1, 1, 0), presence(1, 4, 0), presence(1, 6, 0))).toEqual([
      "ff01",
      "1.3",
      2,
      3,
    ]);
  });

  it("tell of an operation what the firmware says of it, and of an unknown one that it is not implemented", () => {
    const asked = [5, 17, 18, 33, 1, 0xff, 0x100, 0x105, 0xffff_ffff];
    expect(values(...asked.map((operation) => presence(1, 8, operation)))).toEqual([3, 2, 1, 4, 0, 0, 0, 0, 0]);
  });

  it("take a request with a parameter (revision 2), without one (revision 1), and the next in its place", () => {
    const pending = [presence(1, 3, 0), presence(2, 3, 0)];
    expect(values(...pending, presence(2, 7, 23, 3), ...pending)).toEqual([[0, 0], [0, 0, 0], 0, [0, 23], [0, 23, 3]]);
    const replaced = values(presence(2, 7, 23, 0xffff_fffe), presence(2, 3, 0), presence(1, 7, 5), ...pending);
    expect(replaced).toEqual([0, [0, 23, 0xffff_fffe], 0, [0, 5], [0, 5, 0]]);
    expect(values(presence(2, 7, 23, 3), presence(1, 2, 5), ...pending)).toEqual([0, 0, [0, 5], [0, 5, 0]]);
  });

  it("refuse what is not implemented with 1 and what is blocked with 3, and the pending request stays", () => {
    const refused = [presence(1, 7, 1), presence(2, 7, 1, 9), presence(1, 2, 1), presence(1, 7, 0x105)];
    const blocked = [presence(1, 7, 17), presence(2, 7, 17, 9)];
    expect(values(presence(2, 7, 23, 3), ...refused, ...blocked, presence(2, 3, 0))).toEqual([
      ...[0, 1, 1, 1, 1, 3, 3],
      [0, 23, 3],
    ]);
  });

  it("change nothing by a request whose parameter is missing", () => {
    const calls = [...FUNCTIONS, presence(2, 7, 23, 3), presence(2, 7, 5), presence(2, 3, 0)];
    const results = evaluate({ tpm: tpmDeviceTable({ interface: "crb" }), firmware: FIRMWARE }, calls);
    expect(results.at(-2)?.errors.join("\n")).toMatch(/_DSM/);
    expect(results.at(-1)).toEqual({ value: [0, 23, 3], errors: [] });
  });

  it("return the last operation and its result, all 32 bits", () => {
    expect(values(presence(1, 5, 0), "\\LAST 5", "\\RSLT 4294967280", presence(1, 5, 0))).toEqual([
      [0, 0, 0],
      null,
      null,
      [0, 5, 0xffff_fff0],
    ]);
  });

  it("answer functions and revisions that there are not with a buffer of 0", () => {
    expect(values(presence(1, 9, 0), presence(1, 100, 0), presence(3, 3, 0))).toEqual(["00", "00", "00"]);
  });
});

describe.runIf(isInstalled("acpiexec"))("the memory overwrite function", () => {
  it("writes its argument to movv, and is the one behind function 0", () => {
    const movv = "\\_SB.TPM.MOVV";
    const request = (value: number) => dsm(OVERWRITE, 1, 1, `[${value}]`);
    expect(values(dsm(OVERWRITE, 1, 0, "[0]"), movv, request(1), movv, request(0x10), movv)).toEqual([
      "03",
      0,
      0,
      1,
      0,
      0x10,
    ]);
  });

  it("leaves a UUID that is another one's, and functions that there are not, with a buffer of 0", () => {
    const other = OVERWRITE.replace("ED", "EE");
    expect(
      values(dsm(other, 1, 0, "[0]"), dsm(other, 1, 1, "[1]"), dsm(OVERWRITE, 1, 2, "[1]"), "\\_SB.TPM.MOVV"),
    ).toEqual(["00", "00", "00", 0]);
  });
});
