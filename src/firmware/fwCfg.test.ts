import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { E820_RAM, E820_RESERVED } from "./e820.ts";
import { LOG_AREA_SIZE, logAreaAtTopOf, serialConsoleFile, tpmFirmwareFiles } from "./fwCfg.ts";

const MIB = 1 << 20;

function entriesOf(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  return Array.from({ length: file.length / 20 }, (_, i) => ({
    address: Number(view.getBigUint64(i * 20, true)),
    length: Number(view.getBigUint64(i * 20 + 8, true)),
    type: view.getUint32(i * 20 + 16, true),
  }));
}

describe("firmware files", () => {
  const files = tpmFirmwareFiles({ interface: "tis", memorySize: 256 * MIB });
  const file = (name: string) => files.find((entry) => entry.name === name)!.data;

  it("are the tables SeaBIOS adds to its RSDT and the memory map", () => {
    expect(files.map((entry) => entry.name)).toEqual(["acpi/tpm2", "acpi/ssdt-tpm", "etc/e820", "etc/tpm/config"]);
    expect(String.fromCharCode(...file("acpi/tpm2").subarray(0, 4))).toBe("TPM2");
    expect(String.fromCharCode(...file("acpi/ssdt-tpm").subarray(0, 4))).toBe("SSDT");
  });

  it("reserve the log area that the TPM2 table names, for any memory size", () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 2047 }), (mebibytes) => {
        const memorySize = mebibytes * MIB;
        const sized = tpmFirmwareFiles({ interface: "tis", memorySize });
        const log = logAreaAtTopOf(memorySize);
        const table = new DataView(sized[0]!.data.buffer);
        expect(Number(table.getBigUint64(68, true))).toBe(log.address);
        expect(table.getUint32(64, true)).toBe(LOG_AREA_SIZE);
        expect(log.address + log.size).toBe(memorySize);
        expect(entriesOf(sized[2]!.data)).toEqual([
          { address: 0, length: memorySize, type: E820_RAM },
          { address: log.address, length: log.size, type: E820_RESERVED },
        ]);
      }),
    );
  });

  it("tell firmware where the page of physical presence is, for a TPM 2.0 and PPI 1.30", () => {
    expect(Buffer.from(file("etc/tpm/config")).toString("hex")).toBe("0050d4fe0201");
  });

  it("fit the fw_cfg directory's 56-byte names", () => {
    for (const entry of [...files, serialConsoleFile()]) expect(entry.name.length).toBeLessThan(56);
  });

  it("name the serial console's port in little endian", () => {
    expect(serialConsoleFile()).toEqual({ name: "etc/sercon-port", data: Uint8Array.of(0xf8, 0x03) });
  });
});
