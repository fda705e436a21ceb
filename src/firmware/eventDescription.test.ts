import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeEvent } from "./eventDescription.ts";
import { parseEventLog, type TcgEvent } from "./eventLog.ts";
import * as types from "./eventTypes.ts";

const ascii = (value: string) => Array.from(value, (character) => character.charCodeAt(0));
const utf16 = (value: string) => ascii(value).flatMap((code) => [code & 0xff, code >> 8]);
const le = (value: number, size: number) =>
  Array.from({ length: size }, (_, i) => (i < 6 ? Math.floor(value / 2 ** (8 * i)) & 0xff : 0));

function describeData(type: number, data: readonly number[]): string {
  const event: TcgEvent = { pcrIndex: 0, type, digests: [], data: Uint8Array.from(data) };
  return describeEvent(event);
}

/** EFI_GLOBAL_VARIABLE, as its bytes lie in memory. */
const GLOBAL_VARIABLE = [
  0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11, 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c,
];
const variable = (name: string, data: readonly number[]) => [
  ...GLOBAL_VARIABLE,
  ...le(name.length, 8),
  ...le(data.length, 8),
  ...utf16(name),
  ...data,
];
const node = (type: number, subtype: number, data: readonly number[]) => [
  type,
  subtype,
  ...le(data.length + 4, 2),
  ...data,
];
const DEVICE_PATH = [
  ...node(2, 1, [...le(0x0a0341d0, 4), ...le(0, 4)]),
  ...node(1, 1, [0, 0x1f]),
  ...node(3, 18, [...le(1, 2), ...le(0xffff, 2), ...le(0, 2)]),
  ...node(4, 1, [...le(2, 4), ...le(0, 16), ...GLOBAL_VARIABLE, 2, 2]),
  ...node(4, 4, [...utf16("\\EFI\\BOOT\\BOOTX64.EFI"), 0, 0]),
  ...node(0x7f, 0xff, []),
];

describe("the events of SeaBIOS", () => {
  test("read as what they are", () => {
    const bytes = readFileSync(new URL("testdata/seabios-event-log.bin", import.meta.url));
    expect(parseEventLog(new Uint8Array(bytes)).events.slice(0, 7).map(describeEvent)).toEqual([
      "crypto-agile log, client platform, version 2.0 errata 2, banks sha1, sha256, sha384, sha512",
      "SMBIOS structures",
      "Start Option ROM Scan",
      "option ROM code",
      "option ROM code",
      "Calling INT 19h",
      "end of the firmware's measurements",
    ]);
  });
});

describe("an event is described by its type", () => {
  test.each<[string, number, readonly number[], string]>([
    [
      "a separator after an error",
      types.EV_SEPARATOR,
      [1, 0, 0, 0],
      "end of the firmware's measurements, after an error",
    ],
    ["a separator of UEFI", types.EV_SEPARATOR, [0, 0, 0, 0], "end of the firmware's measurements"],
    ["a version in ASCII", types.EV_S_CRTM_VERSION, ascii("1.16.2"), "1.16.2"],
    ["a version in UTF-16", types.EV_S_CRTM_VERSION, [...utf16("EDK II 2026"), 0, 0], "EDK II 2026"],
    ["a version that is a GUID", types.EV_S_CRTM_VERSION, GLOBAL_VARIABLE, "8be4df61-93ca-11d2-aa0d-00e098032b8c"],
    ["POST code by name", types.EV_POST_CODE, ascii("ACPI DATA"), "ACPI DATA"],
    [
      "POST code by address",
      types.EV_POST_CODE,
      [...le(0xffa90000, 8), ...le(0x350000, 8)],
      "0x350000 bytes at 0xffa90000",
    ],
    [
      "a firmware volume with a name",
      types.EV_EFI_PLATFORM_FIRMWARE_BLOB2,
      [4, ...ascii("DXE "), ...le(0x1000, 8), ...le(0x20, 8)],
      "DXE: 0x20 bytes at 0x1000",
    ],
    ["the boot loader", types.EV_IPL, ascii("MBR"), "MBR"],
    ["a command line in UTF-16", types.EV_IPL, [...utf16("console=ttyS0"), 0, 0], "console=ttyS0"],
    [
      "the startup locality",
      types.EV_NO_ACTION,
      [...ascii("StartupLocality\0"), 3],
      "TPM2_Startup came from locality 3",
    ],
    ["other information", types.EV_NO_ACTION, [...ascii("SP800-155 Event\0"), 1, 2, 3], "SP800-155 Event"],
    ["the H-CRTM", types.EV_EFI_HCRTM_EVENT, ascii("HCRTM"), "HCRTM"],
    [
      "tags",
      types.EV_EVENT_TAG,
      [...le(1, 4), ...le(0, 4), ...le(0x99, 4), ...le(2, 4), 1, 2],
      "SMBIOS structures; tag 0x99, 2 bytes",
    ],
    ["secure boot", types.EV_EFI_VARIABLE_DRIVER_CONFIG, variable("SecureBoot", [1]), "SecureBoot = on"],
    ["an empty variable", types.EV_EFI_VARIABLE_DRIVER_CONFIG, variable("dbx", []), "dbx = not set"],
    [
      "the boot order",
      types.EV_EFI_VARIABLE_BOOT,
      variable("BootOrder", [0x01, 0, 0x0a, 0x10]),
      "BootOrder = 0001, 100a",
    ],
    [
      "a boot option",
      types.EV_EFI_VARIABLE_BOOT2,
      variable("Boot0001", [...le(1, 4), ...le(DEVICE_PATH.length, 2), ...utf16("debian"), 0, 0, ...DEVICE_PATH]),
      "Boot0001 = debian PciRoot(0x0)/Pci(0x1f,0x0)/Sata(1,0)/HD(2,GPT,8be4df61-93ca-11d2-aa0d-00e098032b8c)/\\EFI\\BOOT\\BOOTX64.EFI",
    ],
    [
      "an image",
      types.EV_EFI_BOOT_SERVICES_APPLICATION,
      [...le(0x7d0ca018, 8), ...le(0xe7230, 8), ...le(0, 8), ...le(DEVICE_PATH.length, 8), ...DEVICE_PATH],
      "PciRoot(0x0)/Pci(0x1f,0x0)/Sata(1,0)/HD(2,GPT,8be4df61-93ca-11d2-aa0d-00e098032b8c)/\\EFI\\BOOT\\BOOTX64.EFI, 0xe7230 bytes at 0x7d0ca018",
    ],
    [
      "a partition table",
      types.EV_EFI_GPT_EVENT,
      [
        ...new Array(56).fill(0),
        ...GLOBAL_VARIABLE,
        ...new Array(20).fill(0),
        ...le(1, 8),
        ...new Array(56).fill(0),
        ...utf16("root"),
        ...new Array(64).fill(0),
      ],
      "disk 8be4df61-93ca-11d2-aa0d-00e098032b8c, 1 partition: root",
    ],
    [
      "tables",
      types.EV_EFI_HANDOFF_TABLES,
      [...le(1, 8), ...GLOBAL_VARIABLE, ...le(0x7000, 8)],
      "8be4df61-93ca-11d2-aa0d-00e098032b8c at 0x7000",
    ],
    ["an unknown type", 0x1234, [0xde, 0xad], "unknown: dead"],
    ["a known type with strange data", types.EV_IPL, [0xff, 0x00, 0x01], "boot loader: ff0001"],
    ["no data", types.EV_CPU_MICROCODE, [], "CPU microcode update: no data"],
  ])("%s", (_what, type, data, expected) => {
    expect(describeData(type, data)).toBe(expected);
  });

  test("text is shortened", () => {
    expect(describeData(types.EV_IPL, ascii("x".repeat(5000))).length).toBeLessThan(250);
  });

  test("lines and control characters don't come through", () => {
    expect(describeData(types.EV_IPL, ascii("one\ntwo"))).toBe("one two");
    expect(describeData(types.EV_IPL, ascii("\u001b[2J"))).toBe("boot loader: 1b5b324a");
    expect(describeData(types.EV_IPL, utf16("\u001b[2J\u202e"))).toContain("boot loader: ");
  });
});

describe("any event", () => {
  const knownTypes = Object.values(types).flatMap((value) => (typeof value === "number" ? [value] : []));

  test("has a description, short and printable, whatever its data are", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...knownTypes),
        fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 300, max: 3 })),
        (type, data) => {
          const description = describeData(type, [...data]);
          expect(description).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u);
          expect(description.length).toBeLessThan(2000);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("cut short is described, too", () => {
    const events: [number, number[]][] = [
      [types.EV_EFI_VARIABLE_BOOT, variable("BootOrder", [1, 0])],
      [types.EV_EFI_BOOT_SERVICES_DRIVER, [...le(1, 24), ...le(DEVICE_PATH.length, 8), ...DEVICE_PATH]],
      [types.EV_EVENT_TAG, [...le(1, 4), ...le(4, 4), 1, 2, 3, 4]],
    ];
    for (const [type, data] of events) {
      for (let size = 0; size < data.length; size++) expect(describeData(type, data.slice(0, size))).not.toBe("");
    }
  });
});
