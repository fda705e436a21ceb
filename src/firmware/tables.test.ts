import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACPI_HEADER_SIZE, acpiTable, byteSum } from "./acpiTable.ts";
import { TPM2_TABLE_SIZE, tpm2Table } from "./tpm2Table.ts";
import { tpmDeviceTable } from "./tpmDevice.ts";

const compiled = (file: string) => new Uint8Array(readFileSync(new URL(`testdata/${file}`, import.meta.url)));
const LOG = { address: 0x0fff_0000, size: 0x1_0000 };

/** Everything but checksum, creator ID and creator revision, which name the compiler. */
function meaning(table: Uint8Array): Uint8Array {
  const copy = table.slice();
  copy[9] = 0;
  copy.fill(0, 28, ACPI_HEADER_SIZE);
  return copy;
}

describe("TPM2 table", () => {
  it.each(["tis", "crb"] as const)("has the bytes that iasl makes for %s", (tpmInterface) => {
    const table = tpm2Table(tpmInterface, LOG);
    expect(table).toHaveLength(TPM2_TABLE_SIZE);
    expect(meaning(table)).toEqual(meaning(compiled(`tpm2-${tpmInterface}.aml`)));
    expect(byteSum(table)).toBe(0);
  });

  it("carries any log area, checksum always right", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.integer({ min: 0, max: 0xffff_ffff }),
        (address, size) => {
          const table = tpm2Table("tis", { address, size });
          const view = new DataView(table.buffer);
          expect(view.getUint32(64, true)).toBe(size);
          expect(view.getBigUint64(68, true)).toBe(BigInt(address));
          expect(byteSum(table)).toBe(0);
        },
      ),
    );
  });
});

describe("TPM device table", () => {
  it("has the bytes that iasl makes of the same device", () => {
    const table = tpmDeviceTable({ interface: "tis", irq: 7 });
    expect(meaning(table)).toEqual(meaning(compiled("ssdt-tpm.aml")));
    expect(byteSum(table)).toBe(0);
  });

  it("is polled by default: no interrupt among its resources", () => {
    const polled = tpmDeviceTable({ interface: "tis" });
    expect(polled).toHaveLength(tpmDeviceTable({ interface: "tis", irq: 7 }).length - 3);
    expect(Buffer.from(polled).includes(Buffer.from([0x22, 0x80, 0x00]))).toBe(false);
    expect(byteSum(polled)).toBe(0);
  });
});

describe("TPM device table with CRB", () => {
  it("differs in the memory that it takes, one page, and in nothing else", () => {
    const [tis, crb] = [tpmDeviceTable({ interface: "tis" }), tpmDeviceTable({ interface: "crb" })];
    const differs = [...crb.keys()].filter((at) => crb[at] !== tis[at]);
    // The checksum, and the second byte of the length.
    expect(differs).toEqual([9, Buffer.from(tis).indexOf(Buffer.from("0000d4fe00500000", "hex")) + 5]);
    expect(crb[differs[1]!]).toBe(0x10);
    expect(byteSum(crb)).toBe(0);
  });
});

describe("ACPI header", () => {
  it("refuses identities that do not fit", () => {
    const identity = { signature: "TPM2", revision: 1, oemTableId: "X" };
    expect(() => acpiTable({ ...identity, signature: "TPM" }, new Uint8Array())).toThrow('"TPM"');
    expect(() => acpiTable({ ...identity, oemTableId: "NINECHARS" }, new Uint8Array())).toThrow('"NINECHARS"');
    expect(() => acpiTable({ ...identity, oemTableId: "ü" }, new Uint8Array())).toThrow('"ü"');
  });
});
