import { expect, test } from "vitest";
import { describeTags, describeWindowsTag } from "./tags.ts";
import { ascii, hex, le, utf16, zeros } from "./testkit/octets.ts";

const tag = (id: number, data: readonly number[] = []) => [...le(id, 4), ...le(data.length, 4), ...data];
const describeOctets = (octets: readonly number[]) => describeTags(Uint8Array.from(octets));
const MODULE_PATH = 0x0007_0001;

test.each<[string, readonly number[], string]>([
  ["conventional BIOS", [...tag(1, hex("a1b2c3d4")), ...tag(7)], "SMBIOS structures; option ROM code"],
  ["Linux", tag(0x8f3b_22ec, [...ascii("Linux initrd"), 0]), "Linux initrd"],
  ["systemd-boot", tag(0xf5bc_582a, [...utf16("loader.conf"), 0, 0]), "boot loader configuration: loader.conf"],
  ["systemd-stub", tag(0x49df_fe0f, [...utf16("\\addon.efi"), 0, 0]), "initrd addon: \\addon.efi"],
  ["somebody else, in words", tag(0x99, ascii("measured by hand")), "measured by hand"],
  ["somebody else, in numbers", tag(0x99, [1, 2]), "tag 0x99, 2 bytes"],
  ["a field of fixed size", [...tag(0x99, [1, 2]), ...zeros(10)], "tag 0x99, 2 bytes"],
  ["many", new Array<number[]>(20).fill(tag(4)).flat(), `${"ESCD; ".repeat(8)}…`],
  ["Windows, signers", tag(0x0006_0002, hex("3082010a")), "Windows: public key of an authority"],
  [
    "Windows, modules",
    tag(0x4001_0001, [
      ...tag(0x0002_0002, le(5, 8)),
      ...tag(0x4001_0003, tag(MODULE_PATH, [...utf16("\\Windows\\winload.efi"), 0, 0])),
    ]),
    "Windows: trust boundary, 2 records: \\Windows\\winload.efi",
  ],
  ["Windows, one record", tag(0x4001_0002, tag(0x0009_0001, [1])), "Windows: early launch anti-malware, 1 record"],
  ["Windows, no records", tag(0x4001_0002), "Windows: early launch anti-malware, 0 records"],
])("tags of %s", (_what, octets, expected) => {
  expect(describeOctets(octets)).toBe(expected);
});

test.each<[string, readonly number[]]>([
  ["text", ascii("LOADED_IMAGE::LoadOptions")],
  ["a tag that is cut", tag(1, [1, 2, 3]).slice(0, -1)],
  ["nothing", []],
  ["zeros", zeros(32)],
])("%s is no tag", (_what, octets) => {
  expect(describeOctets(octets)).toBeNull();
});

test("Windows' containers in each other are read to a depth, and no further", () => {
  let nested = tag(MODULE_PATH, ascii("deep.sys"));
  for (let depth = 0; depth < 300; depth++) nested = tag(0x4001_0003, nested);
  expect(describeOctets(tag(0x4001_0001, nested))).toBe("Windows: trust boundary, 1 record");
});

test("a trust point of Windows' is one even when it is cut", () => {
  const whole = tag(0xc001_0004, tag(0x0008_0001, [1]));
  expect(describeWindowsTag(Uint8Array.from(whole))).toBe("Windows: trust point, 1 record");
  expect(describeWindowsTag(Uint8Array.from(whole.slice(0, -1)))).toBe("Windows: trust point, cut short");
  expect(describeWindowsTag(Uint8Array.from(ascii("StartupLocality")))).toBeNull();
});
