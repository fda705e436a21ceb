/** The expected texts are UEFI's (2.10, 10.6.1.6), written by hand. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { devicePath } from "./devicePath.ts";
import { ascii, END, END_INSTANCE, guid, hex, le, node, utf16, zeros } from "./testkit/octets.ts";

const [HARDWARE, ACPI, MESSAGING, MEDIA, BBS] = [1, 2, 3, 4, 5];
const GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
const path = (...nodes: (readonly number[])[]) => devicePath(Uint8Array.from([...nodes.flat(), ...END]));

type Row = [text: string, type: number, subtype: number, data: readonly number[]];

/** Letters of an EISA identifier and its number, as ACPI packs them. */
function eisa(letters: string, number: number): number[] {
  const packed = ascii(letters).reduce((value, letter) => (value << 5) | (letter - 0x40), 0);
  return [...le(packed, 2), ...le(number, 2)];
}

describe("a hardware node", () => {
  test.each<Row>([
    ["Pci(0x1f,0x3)", HARDWARE, 1, [3, 0x1f]],
    ["PcCard(0x2)", HARDWARE, 2, [2]],
    [
      "MemoryMapped(0xb,0xff000000,0xffffffff)",
      HARDWARE,
      3,
      [...le(11, 4), ...le(0xff00_0000, 8), ...le(0xffff_ffff, 8)],
    ],
    [`VenHw(${GUID})`, HARDWARE, 4, guid(GUID)],
    [`VenHw(${GUID},00ff10)`, HARDWARE, 4, [...guid(GUID), 0, 0xff, 0x10]],
    ["Ctrl(0x7)", HARDWARE, 5, le(7, 4)],
    ["BMC(0x1,0xca2)", HARDWARE, 6, [1, ...le(0xca2, 8)]],
    ["HardwarePath(9,0102)", HARDWARE, 9, [1, 2]],
  ])("%s", (text, type, subtype, data) => {
    expect(path(node(type, subtype, data))).toBe(text);
  });
});

describe("an ACPI node", () => {
  const strings = (...values: string[]) => values.flatMap((value) => [...ascii(value), 0]);

  test.each<Row>([
    ["PciRoot(0x0)", ACPI, 1, [...eisa("PNP", 0x0a03), ...le(0, 4)]],
    ["PcieRoot(0x1)", ACPI, 1, [...eisa("PNP", 0x0a08), ...le(1, 4)]],
    ["Floppy(0x0)", ACPI, 1, [...eisa("PNP", 0x0604), ...le(0, 4)]],
    ["Keyboard(0x0)", ACPI, 1, [...eisa("PNP", 0x0301), ...le(0, 4)]],
    ["Serial(0x1)", ACPI, 1, [...eisa("PNP", 0x0501), ...le(1, 4)]],
    ["ParallelPort(0x0)", ACPI, 1, [...eisa("PNP", 0x0401), ...le(0, 4)]],
    ["Acpi(PNP0C0F,0x2)", ACPI, 1, [...eisa("PNP", 0x0c0f), ...le(2, 4)]],
    ["Acpi(0x000222a4,0x0)", ACPI, 1, [...eisa("HUD", 2), ...le(0, 4)]],
    [
      "AcpiExp(PNP0A08,0,PCI0)",
      ACPI,
      2,
      [...eisa("PNP", 0x0a08), ...le(0, 4), ...le(0, 4), ...strings("", "PCI0", "")],
    ],
    [
      "AcpiExp(PNP0A08,PNP0A03,PCI0)",
      ACPI,
      2,
      [...eisa("PNP", 0x0a08), ...le(0, 4), ...eisa("PNP", 0x0a03), ...strings("", "PCI0", "")],
    ],
    ["AcpiEx(PNP0A03,PNP0A08,0x5,,,)", ACPI, 2, [...eisa("PNP", 0x0a03), ...le(5, 4), ...eisa("PNP", 0x0a08), 0, 0, 0]],
    [
      "AcpiEx(0,0,0x1,ACPI0004,ACPI0008,U1)",
      ACPI,
      2,
      [...le(0, 4), ...le(1, 4), ...le(0, 4), ...strings("ACPI0004", "U1", "ACPI0008")],
    ],
    ["AcpiEx(PNP0A03,0,0x5,,,)", ACPI, 2, [...eisa("PNP", 0x0a03), ...le(5, 4), ...le(0, 4)]],
    ["AcpiAdr(0x80010400)", ACPI, 3, le(0x8001_0400, 4)],
    ["AcpiAdr(0x80010400,0x80010100)", ACPI, 3, [...le(0x8001_0400, 4), ...le(0x8001_0100, 4)]],
    ["AcpiPath(4,01000000)", ACPI, 4, le(1, 4)],
  ])("%s", (text, type, subtype, data) => {
    expect(path(node(type, subtype, data))).toBe(text);
  });
});

describe("a media node", () => {
  const disk = (kind: number, signature: readonly number[]) => [
    ...le(2, 4),
    ...le(0x800, 8),
    ...le(0x10_0000, 8),
    ...signature,
    kind === 1 ? 1 : 2,
    kind,
  ];

  test.each<Row>([
    [`HD(2,GPT,${GUID},0x800,0x100000)`, MEDIA, 1, disk(2, guid(GUID))],
    ["HD(2,MBR,0x0a1b2c3d,0x800,0x100000)", MEDIA, 1, disk(1, [...le(0x0a1b_2c3d, 4), ...zeros(12)])],
    ["HD(2,0,0,0x800,0x100000)", MEDIA, 1, disk(0, zeros(16))],
    ["CDROM(0x1,0x10,0x200)", MEDIA, 2, [...le(1, 4), ...le(0x10, 8), ...le(0x200, 8)]],
    [`VenMedia(${GUID},5566)`, MEDIA, 3, [...guid(GUID), 0x55, 0x66]],
    ["\\EFI\\BOOT\\BOOTX64.EFI", MEDIA, 4, [...utf16("\\EFI\\BOOT\\BOOTX64.EFI"), 0, 0]],
    ["\\EFI\\起動.efi", MEDIA, 4, utf16("\\EFI\\起動.efi")],
    [`Media(${GUID})`, MEDIA, 5, guid(GUID)],
    [`FvFile(${GUID})`, MEDIA, 6, guid(GUID)],
    [`Fv(${GUID})`, MEDIA, 7, guid(GUID)],
    ["Offset(0xf250,0x201ff)", MEDIA, 8, [...le(0, 4), ...le(0xf250, 8), ...le(0x201ff, 8)]],
    ["VirtualDisk(0x1000,0x1fff,0)", MEDIA, 9, ramDisk("77ab535a-45fc-624b-5560-f7b281d1f96e", 0)],
    ["VirtualCD(0x1000,0x1fff,1)", MEDIA, 9, ramDisk("3d5abd30-4175-87ce-6d64-d2ade523c4bb", 1)],
    ["PersistentVirtualDisk(0x1000,0x1fff,2)", MEDIA, 9, ramDisk("5cea02c9-4d07-69d3-269f-4496fbe096f9", 2)],
    ["PersistentVirtualCD(0x1000,0x1fff,3)", MEDIA, 9, ramDisk("08018188-42cd-bb48-100f-5387d53ded3d", 3)],
    [`RamDisk(0x1000,0x1fff,4,${GUID})`, MEDIA, 9, ramDisk(GUID, 4)],
    ["MediaPath(4,0a00)", MEDIA, 4, utf16("\n")],
  ])("%s", (text, type, subtype, data) => {
    expect(path(node(type, subtype, data))).toBe(text);
  });

  function ramDisk(type: string, instance: number): number[] {
    return [...le(0x1000, 8), ...le(0x1fff, 8), ...guid(type), ...le(instance, 2)];
  }
});

describe("a BIOS boot node", () => {
  test.each<Row>([
    ["BBS(Floppy,drive A,0x0)", BBS, 1, [...le(1, 2), ...le(0, 2), ...ascii("drive A"), 0]],
    ["BBS(HD,VirtScsi(0,3,0) Disk,0x14)", BBS, 1, [...le(2, 2), ...le(0x14, 2), ...ascii("VirtScsi(0,3,0) Disk"), 0]],
    ["BBS(CDROM,,0x0)", BBS, 1, [...le(3, 2), ...le(0, 2), 0]],
    ["BBS(PCMCIA,card,0x0)", BBS, 1, [...le(4, 2), ...le(0, 2), ...ascii("card")]],
    ["BBS(USB,stick,0x0)", BBS, 1, [...le(5, 2), ...le(0, 2), ...ascii("stick")]],
    ["BBS(Network,IBA GE,0x0)", BBS, 1, [...le(6, 2), ...le(0, 2), ...ascii("IBA GE"), 0]],
    ["BBS(0x80,entry,0x1)", BBS, 1, [...le(0x80, 2), ...le(1, 2), ...ascii("entry"), 0]],
    ["BbsPath(2,01)", BBS, 2, [1]],
  ])("%s", (text, type, subtype, data) => {
    expect(path(node(type, subtype, data))).toBe(text);
  });
});

describe("a path", () => {
  const root = node(ACPI, 1, [...eisa("PNP", 0x0a03), ...le(0, 4)]);
  const usb = node(MESSAGING, 5, [1, 0]);

  test("has its nodes one after the other", () => {
    expect(path(root, node(HARDWARE, 1, [2, 0x1f]), usb)).toBe("PciRoot(0x0)/Pci(0x1f,0x2)/USB(0x1,0x0)");
  });

  test("may have instances", () => {
    expect(path(root, usb, END_INSTANCE, root)).toBe("PciRoot(0x0)/USB(0x1,0x0),PciRoot(0x0)");
  });

  test("ends at its end node, old or new, or where the octets end", () => {
    expect(path(root, [...END, ...usb])).toBe("PciRoot(0x0)");
    expect(path(root, [0xff, 0xff, 4, 0, ...usb])).toBe("PciRoot(0x0)");
    expect(devicePath(Uint8Array.from(root))).toBe("PciRoot(0x0)");
    expect(path()).toBe("");
  });

  test("says where it is damaged", () => {
    expect(path(root, [3, 5, 2, 0])).toBe("PciRoot(0x0)/…");
    expect(path(root, [3, 5, 200, 0])).toBe("PciRoot(0x0)/…");
  });

  test("shows nodes that lack fields, or that nobody knows, by their octets", () => {
    expect(path(node(HARDWARE, 1, [3]))).toBe("HardwarePath(1,03)");
    expect(path(node(HARDWARE, 1, []))).toBe("HardwarePath(1)");
    expect(path(node(0x66, 7, hex("abcd")))).toBe("Path(102,7,abcd)");
    expect(path(node(0x66, 7, zeros(500)))).toBe(`Path(102,7,${"00".repeat(64)}…)`);
  });

  test("ends after 48 nodes", () => {
    expect(path(...new Array<number[]>(60).fill(usb))).toBe(`${"USB(0x1,0x0)/".repeat(48)}…`);
  });

  test("of any octets is printable and bounded", () => {
    const anyNode = fc
      .tuple(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.nat(255)), fc.nat(40), fc.uint8Array({ maxLength: 80 }))
      .map(([type, subtype, data]) => node(type, subtype, [...data]));
    const octets = fc.oneof(
      fc.array(anyNode, { maxLength: 60 }).map((nodes) => Uint8Array.from(nodes.flat())),
      fc.uint8Array({ maxLength: 300 }),
    );
    fc.assert(
      fc.property(octets, (bytes) => {
        const text = devicePath(bytes);
        expect(text).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]*$/u);
        expect(text.length).toBeLessThan(48 * 250);
      }),
      { numRuns: 500 },
    );
  });
});
