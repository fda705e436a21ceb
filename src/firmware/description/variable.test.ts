import { describe, expect, test } from "vitest";
import {
  ascii,
  certificateOf,
  END,
  guid,
  hex,
  le,
  node,
  SHA256,
  signatureList,
  utf16,
  variable,
  X509,
  zeros,
} from "./testkit/octets.ts";
import { describeVariable } from "./variable.ts";

const SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23";
const DISK = node(4, 1, [...le(1, 4), ...le(0x800, 8), ...le(0x1000, 8), ...guid(SHIM), 2, 2]);
const FILE = node(4, 4, [...utf16("\\EFI\\debian\\shimx64.efi"), 0, 0]);

const describeOctets = (octets: readonly number[], authority = false) =>
  describeVariable(Uint8Array.from(octets), { authority });

/** EFI_LOAD_OPTION. */
function loadOption(description: string, path: readonly number[], data: readonly number[] = []): number[] {
  return [...le(1, 4), ...le(path.length, 2), ...utf16(description), 0, 0, ...path, ...data];
}

describe("a variable", () => {
  test.each<[string, string, readonly number[], string]>([
    ["that is on", "SecureBoot", [1], "SecureBoot = on"],
    ["that is off", "SetupMode", [0], "SetupMode = off"],
    ["of shim's that is on", "MokListTrusted", [1], "MokListTrusted = on"],
    ["that is neither", "AuditMode", [2], "AuditMode = 02"],
    ["that is empty", "PK", [], "PK = not set"],
    ["with an order", "BootOrder", hex("0100 0a10"), "BootOrder = 0001, 100a"],
    ["with the next option", "BootNext", hex("0300"), "BootNext = 0003"],
    ["with half a number", "BootOrder", hex("010003"), "BootOrder = 010003"],
    ["with text", "SbatLevel", ascii("sbat,1,2023012900\nshim,2\n"), "SbatLevel = sbat,1,2023012900 shim,2"],
    ["with text in UTF-16", "LoaderInfo", [...utf16("systemd-boot 257"), 0, 0], "LoaderInfo = systemd-boot 257"],
    [
      "with binary data",
      "LenovoConfig",
      [1, 0, 1, ...zeros(40)],
      `LenovoConfig = 010001${"00".repeat(29)}… (43 bytes)`,
    ],
    ["with devices", "ConOut", [...DISK, ...END], `ConOut = HD(1,GPT,${SHIM},0x800,0x1000)`],
    [
      "with certificates",
      "KEK",
      [...signatureList(X509, [certificateOf("Platform")]), ...signatureList(X509, [certificateOf("Microsoft")])],
      "KEK = 2 X.509: CN=Platform; CN=Microsoft",
    ],
    ["with hashes", "dbx", signatureList(SHA256, [zeros(32), zeros(32)]), "dbx = 2 SHA-256"],
    [
      "of shim's with certificates",
      "MokListX",
      signatureList(X509, [certificateOf("Old")]),
      "MokListX = 1 X.509: CN=Old",
    ],
  ])("%s", (_what, name, value, expected) => {
    expect(describeOctets(variable(name, value))).toBe(expected);
  });

  test("without a printable name goes by its vendor", () => {
    expect(describeOctets(variable("\u0007", [5], SHIM))).toBe(`${SHIM} = 05`);
  });

  test("of firmware of 32 bits has shorter lengths", () => {
    const octets = [...guid(SHIM), ...le(10, 4), ...le(1, 4), ...utf16("SecureBoot"), 1];
    expect(describeOctets(octets)).toBe("SecureBoot = on");
    expect(describeOctets([...octets, 0])).toBeNull();
  });

  test("is none when its lengths don't fit", () => {
    expect(describeOctets(variable("SecureBoot", [1]).slice(0, -1))).toBeNull();
    expect(describeOctets([...guid(SHIM), ...new Array<number>(16).fill(0xff)])).toBeNull();
    expect(describeOctets([])).toBeNull();
  });
});

describe("a load option", () => {
  test.each<[string, string, readonly number[], string]>([
    [
      "names what is loaded, and from where",
      "Boot0001",
      loadOption("debian", [...DISK, ...FILE, ...END]),
      `Boot0001 = debian HD(1,GPT,${SHIM},0x800,0x1000)/\\EFI\\debian\\shimx64.efi`,
    ],
    [
      "may hand over text",
      "Boot000A",
      loadOption("Linux Firmware Updater", [...FILE, ...END], [...utf16("\\fwupdx64.efi"), 0, 0]),
      'Boot000A = Linux Firmware Updater \\EFI\\debian\\shimx64.efi with "\\fwupdx64.efi"',
    ],
    [
      "may hand over data",
      "Boot0002",
      loadOption("PXE", [...FILE, ...END], hex("4eac0881119f594d850ee21a522c59b2")),
      "Boot0002 = PXE \\EFI\\debian\\shimx64.efi",
    ],
    [
      "may be a driver's",
      "Driver0000",
      loadOption("net", [...FILE, ...END]),
      "Driver0000 = net \\EFI\\debian\\shimx64.efi",
    ],
    [
      "may be for recovery",
      "PlatformRecovery0000",
      loadOption("Default", [...FILE, ...END]),
      "PlatformRecovery0000 = Default \\EFI\\debian\\shimx64.efi",
    ],
    ["may have no path", "Boot0003", loadOption("Setup", [...END]), "Boot0003 = Setup"],
    ["in another script", "Boot0004", loadOption("起動", [...END]), "Boot0004 = 起動"],
    ["is none when it is too short", "Boot0005", hex("01000000ff00"), "Boot0005 = 01000000ff00"],
  ])("%s", (_what, name, value, expected) => {
    expect(describeOctets(variable(name, value))).toBe(expected);
  });
});

describe("the authority of an image", () => {
  test("is a certificate of a database, shim's own, or a text", () => {
    expect(describeOctets(variable("db", [...guid(SHIM), ...certificateOf("UEFI CA")]), true)).toBe(
      "db = X.509: CN=UEFI CA",
    );
    expect(describeOctets(variable("Shim", certificateOf("Debian")), true)).toBe("Shim = X.509: CN=Debian");
    expect(describeOctets(variable("SbatLevel", ascii("sbat,1\n")), true)).toBe("SbatLevel = sbat,1");
    expect(describeOctets(variable("MokListTrusted", [1]), true)).toBe("MokListTrusted = on");
  });
});
