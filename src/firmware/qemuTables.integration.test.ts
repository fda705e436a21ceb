/** What QEMU tells a guest of its TPM, taken from a machine that has just been made, and what we tell ours. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isInstalled } from "../node/testkit/installed.ts";
import { startQemu } from "../tis/testdata/qtest.mjs";
import { tpmFirmwareFiles } from "./fwCfg.ts";
import { disassemble } from "./testkit/acpica.ts";
import { fwCfgFile } from "./testkit/fwCfgFile.ts";

/** QEMU's request, and what ours does instead (ppiMethods.ts says why). */
const DIFFERENCES: readonly (readonly [theirs: string, ours: string])[] = [
  ["PPRQ = Local0 PPRM = Zero ", "PPRQ = Zero PPRM = Zero PPRQ = Local0 "],
  [
    "PPRQ = Local0 PPRM = DerefOf (Arg3 [One]) ",
    "Local2 = DerefOf (Arg3 [One]) PPRQ = Zero PPRM = Local2 PPRQ = Local0 ",
  ],
];
const UNKNOWN_UUID = "Return (Buffer (One) { 0x00 }) ";

/** From the first region of physical presence to the end of `_DSM`. */
function methodsOf(source: string): string {
  const [, methods = ""] =
    /(OperationRegion \(TPP2, .*?MOVV = Local0 Return \(Zero\) \} \} (?:Return \(Buffer \(One\) \{ 0x00 \}\) )?\}) \}/.exec(
      source,
    ) ?? [];
  return methods;
}

/** The table in `tables` that begins with this signature. */
function tableIn(tables: Buffer, signature: string): Buffer {
  const at = tables.indexOf(signature);
  return tables.subarray(at, at + tables.readUInt32LE(at + 4));
}

/** The bytes of all regions, fields, TPFN and the packages. */
function regionsOf(table: Buffer): Buffer {
  return table.subarray(table.indexOf("TPP2") - 2, table.indexOf("_DSM", table.indexOf("TPP2")) - 4);
}

describe.runIf(isInstalled("qemu-system-x86_64", "swtpm", "iasl")).each([
  ["tis", "tpm-tis"],
  ["crb", "tpm-crb"],
] as const)("the firmware's files for %s", (kind, device) => {
  const files = tpmFirmwareFiles({ interface: kind, memorySize: 128 << 20 });
  const ours = (name: string) => Buffer.from(files.find((file) => file.name === name)!.data);
  let qemu: Awaited<ReturnType<typeof startQemu>>;
  let theirs: Buffer;
  beforeAll(async () => {
    qemu = await startQemu(["-machine", "pc,accel=tcg", "-S", "-nodefaults"], device);
    theirs = tableIn(await fwCfgFile(qemu.qtest, "etc/acpi/tables"), "DSDT");
  });
  afterAll(() => qemu.stop());

  it("have QEMU's etc/tpm/config, byte for byte", async () => {
    expect(ours("etc/tpm/config")).toEqual(await fwCfgFile(qemu.qtest, "etc/tpm/config"));
  });

  it("have QEMU's regions, fields and packages, byte for byte", () => {
    const regions = regionsOf(theirs);
    expect(regions.length).toBeGreaterThan(100);
    expect(regionsOf(ours("acpi/ssdt-tpm"))).toEqual(regions);
  });

  it("have QEMU's resources, byte for byte", () => {
    const resources = (table: Buffer) => {
      const at = table.indexOf("_CRS", table.indexOf("MSFT0101"));
      return table.subarray(at, at + 21);
    };
    expect(resources(ours("acpi/ssdt-tpm"))).toEqual(resources(theirs));
  });

  it("have QEMU's methods, but for the order of a request and the answer to an unknown UUID", () => {
    const expected = DIFFERENCES.reduce(
      (source, [from, to]) => {
        expect(source).toContain(from);
        return source.replaceAll(from, to);
      },
      methodsOf(disassemble(theirs)),
    );
    expect(expected).toContain("Method (_DSM, 4, Serialized)");
    expect(methodsOf(disassemble(ours("acpi/ssdt-tpm")))).toBe(expected.replace(/\}$/, `${UNKNOWN_UUID}}`));
  });
});
