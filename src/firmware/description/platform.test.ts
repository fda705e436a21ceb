import { describe, expect, test } from "vitest";
import {
  describeBlob,
  describeBlob2,
  describeGpt,
  describeImage,
  describeTables,
  describeTables2,
} from "./platform.ts";
import { ascii, END, guid, le, node, utf16, zeros } from "./testkit/octets.ts";

const GUID = "8be4df61-93ca-11d2-aa0d-00e098032b8c";
const ACPI = "8868e871-e4f1-11d3-bc22-0080c73c8881";
const SMBIOS3 = "f2fd1544-9794-4a2c-992e-e5bbcf20e394";
const PATH = [...node(4, 4, [...utf16("\\linux.efi"), 0, 0]), ...END];

type Describe = (data: Uint8Array) => string | null;
const apply = (describeData: Describe, octets: readonly number[]) => describeData(Uint8Array.from(octets));

test.each<[string, Describe, readonly number[], string]>([
  ["an image", describeImage, image(8, PATH), "\\linux.efi, 0xe7230 bytes at 0x7d0ca018"],
  ["an image of firmware of 32 bits", describeImage, image(4, PATH), "\\linux.efi, 0xe7230 bytes at 0x7d0ca018"],
  ["an image without a path", describeImage, image(8, []), "image, 0xe7230 bytes at 0x7d0ca018"],
  ["a volume", describeBlob, [...le(0xffa9_0000, 8), ...le(0x35_0000, 8)], "0x350000 bytes at 0xffa90000"],
  ["a volume of 32 bits", describeBlob, [...le(0xffa9_0000, 8), ...le(0x35_0000, 4)], "0x350000 bytes at 0xffa90000"],
  ["a volume by name", describeBlob2, [...sized("DXE FV"), ...le(1, 8), ...le(2, 8)], "DXE FV: 0x2 bytes at 0x1"],
  ["a volume without a name", describeBlob2, [0, ...le(1, 8), ...le(2, 8)], "0x2 bytes at 0x1"],
  ["a volume with a name that is no text", describeBlob2, [2, 1, 2, ...le(1, 8), ...le(2, 8)], "0x2 bytes at 0x1"],
  [
    "tables",
    describeTables,
    [...le(2, 8), ...guid(ACPI), ...le(0x7000, 8), ...guid(GUID), ...le(0x8000, 8)],
    `ACPI at 0x7000, ${GUID} at 0x8000`,
  ],
  [
    "a table of firmware of 32 bits",
    describeTables,
    [...le(1, 4), ...guid(SMBIOS3), ...le(0x7000, 4)],
    "SMBIOS 3 at 0x7000",
  ],
  [
    "tables by name",
    describeTables2,
    [...sized("Smbios"), ...le(1, 8), ...guid(SMBIOS3), ...le(1, 8)],
    "Smbios: SMBIOS 3 at 0x1",
  ],
  [
    "many tables",
    describeTables,
    [...le(40, 8), ...new Array<number[]>(40).fill([...guid(ACPI), ...le(1, 8)]).flat()],
    `${"ACPI at 0x1, ".repeat(8)}…`,
  ],
])("%s", (_what, describeData, octets, expected) => {
  expect(apply(describeData, octets)).toBe(expected);
});

function image(uintn: number, path: readonly number[]): number[] {
  return [...le(0x7d0c_a018, 8), ...le(0xe7230, uintn), ...le(0, uintn), ...le(path.length, uintn), ...path];
}
function sized(name: string): number[] {
  return [name.length, ...ascii(name)];
}

describe("a partition table", () => {
  const EFI_SYSTEM = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b";
  const header = [...ascii("EFI PART"), ...zeros(48), ...guid(GUID), ...zeros(20)];
  const entry = (type: string, name: string) => [
    ...guid(type),
    ...zeros(40),
    ...utf16(name),
    ...zeros(72 - 2 * name.length),
  ];

  test("names its disk and its partitions, or says their types", () => {
    const entries = [entry(EFI_SYSTEM, "ESP"), entry(EFI_SYSTEM, ""), entry(GUID, ""), entry(GUID, "データ")];
    expect(apply(describeGpt, [...header, ...le(4, 8), ...entries.flat()])).toBe(
      `disk ${GUID}, 4 partitions: ESP, EFI system partition, without a name, データ`,
    );
  });

  test("may be empty, have one partition, or a hundred", () => {
    expect(apply(describeGpt, [...header, ...le(0, 8)])).toBe(`disk ${GUID}, 0 partitions`);
    expect(apply(describeGpt, [...header, ...le(1, 8), ...entry(GUID, "root")])).toBe(
      `disk ${GUID}, 1 partition: root`,
    );
    const many = new Array<number[]>(100).fill(entry(GUID, "a")).flat();
    expect(apply(describeGpt, [...header, ...le(100, 8), ...many])).toBe(
      `disk ${GUID}, 100 partitions: ${"a, ".repeat(16)}…`,
    );
  });

  test("of firmware of 32 bits has a shorter count", () => {
    expect(apply(describeGpt, [...header, ...le(1, 4), ...entry(GUID, "root")])).toBe(
      `disk ${GUID}, 1 partition: root`,
    );
  });
});

test.each<[string, Describe, readonly number[]]>([
  ["an image that is cut", describeImage, image(8, PATH).slice(0, -1)],
  ["an image whose path is longer than the data", describeImage, image(8, PATH).with(24, 0xff)],
  ["a volume and more", describeBlob, zeros(17)],
  ["a volume whose name is longer than the data", describeBlob2, [200, ...zeros(16)]],
  ["no tables", describeTables, le(0, 8)],
  ["tables without an end", describeTables, new Array<number>(64).fill(0xff)],
  ["a huge number of tables", describeTables, [...le(1000, 8), ...zeros(24 * 20)]],
  ["a huge number of partitions", describeGpt, [...zeros(92), ...le(1_000_000, 8), ...zeros(128 * 20)]],
  ["nothing", describeGpt, []],
])("%s is none", (_what, describeData, octets) => {
  expect(apply(describeData, octets)).toBeNull();
});
