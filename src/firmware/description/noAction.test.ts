import { describe, expect, test } from "vitest";
import { EV_ACTION, EV_NO_ACTION } from "../eventTypes.ts";
import { describeEvent } from "./event.ts";
import { ascii, guid, hex, le, utf16, zeros } from "./testkit/octets.ts";

const GUID = "a00597d0-4c5e-4738-8032-6f958ca92fad";
const signature = (name: string) => [...ascii(name), ...zeros(16 - name.length)];
const sized = (value: string) => [value.length, ...ascii(value)];
const describeData = (data: readonly number[], type = EV_NO_ACTION) =>
  describeEvent({ pcrIndex: 0, type, digests: [], data: Uint8Array.from(data) });

const VERSION = [...le(0, 4), 0, 2, 106, 2];
const BANKS = [...le(2, 4), ...le(4, 2), ...le(20, 2), ...le(11, 2), ...le(32, 2)];
const CRYPTO_AGILE = [...signature("Spec ID Event03"), ...VERSION, ...BANKS];

describe("an event without an action says", () => {
  test.each<[string, readonly number[], string]>([
    [
      "what log this is",
      [...CRYPTO_AGILE, 0],
      "crypto-agile log, client platform, version 2.0 errata 106, banks sha1, sha256",
    ],
    [
      "what log this is, with vendor information",
      [...CRYPTO_AGILE, 2, 1, 2],
      "crypto-agile log, client platform, version 2.0 errata 106, banks sha1, sha256",
    ],
    [
      "that the vendor information is missing",
      CRYPTO_AGILE,
      "crypto-agile log, client platform, version 2.0 errata 106, banks sha1, sha256, vendor information left out",
    ],
    [
      "that some vendor information is missing",
      [...CRYPTO_AGILE, 4, 1],
      "crypto-agile log, client platform, version 2.0 errata 106, banks sha1, sha256, vendor information left out",
    ],
    ["nothing of a log whose banks are cut", CRYPTO_AGILE.slice(0, -3), "Spec ID Event03"],
    [
      "what older log this is",
      [...signature("Spec ID Event02"), ...le(1, 4), 2, 1, 2, 2, 0],
      "SHA-1 log of UEFI firmware, server platform, version 1.2 errata 2",
    ],
    [
      "what oldest log this is",
      [...signature("Spec ID Event00"), ...le(0, 4), 21, 1, 0, 0, 0],
      "SHA-1 log of conventional BIOS, client platform, version 1.21 errata 0",
    ],
    ["the locality", [...signature("StartupLocality"), 3], "TPM2_Startup came from locality 3"],
    ["the locality, in 20 octets", [...signature("StartupLocality"), 3, 0, 0, 0], "TPM2_Startup came from locality 3"],
    ["the locality, cut", signature("StartupLocality"), "StartupLocality"],
    [
      "the reference manifest",
      [...signature("SP800-155 Event"), ...le(11129, 4), ...guid(GUID)],
      `reference manifest ${GUID}`,
    ],
    [
      "whose platform it is",
      [
        ...ascii("SP800-155 Event3"),
        ...le(11129, 4),
        ...guid(GUID),
        ...sized("Google, Inc.\0"),
        ...sized("Google Compute Engine\0"),
        ...sized("\0"),
        ...sized("Google, Inc.\0"),
        ...le(11129, 4),
        ...sized("2.7\0"),
        ...le(3, 4),
        ...zeros(20),
      ],
      `platform Google, Inc. Google Compute Engine, firmware Google, Inc. 2.7, reference manifest ${GUID}`,
    ],
    [
      "nothing of the platform",
      [...ascii("SP800-155 Event2"), ...le(1, 4), ...guid(GUID), 0, 0, 0, 0, ...le(1, 4), 0],
      `reference manifest ${GUID}`,
    ],
    [
      "a part of the H-CRTM",
      [...signature("H-CRTM CompMeas"), ...sized("boot block"), 0, ...le(2, 2), 1, 2],
      "H-CRTM component: boot block",
    ],
    [
      "what an NV Index has of a device",
      [
        ...signature("NvIndexInstance"),
        ...le(1, 2),
        ...zeros(6),
        ...signature("SPDM Device Sec"),
        ...le(1, 2),
        ...le(0, 2),
        ...le(0, 4),
        ...le(2, 4),
        ...hex("01 01 0400 06 0100 aa"),
      ],
      "in the NV Index of instances: USB device, measurement 1: version, aa",
    ],
    [
      "what an NV Index has that changes",
      [
        ...signature("NvIndexDynamic "),
        ...le(1, 2),
        ...zeros(6),
        ...le(7, 8),
        ...le(15, 2),
        ...ascii("SPDM CHALLENGE\0"),
        ...le(2, 2),
        1,
        2,
      ],
      "in the NV Index of what changes: SPDM CHALLENGE",
    ],
    ["a known name, and what does not fit", [...signature("H-CRTM CompMeas"), 200], "H-CRTM CompMeas"],
    [
      "a name that nobody knows",
      [...signature("Vendor Specific"), 1, 2],
      "information, not extended: Vendor Specific, 0102",
    ],
    ["a text", ascii("just a longer text of somebody's"), "just a longer text of somebody's"],
    ["a text in UTF-16", utf16("a text of somebody's"), "a text of somebody's"],
    ["numbers", hex("0001ff"), "information, not extended: 0001ff"],
    [
      "what Windows adds",
      [...le(0xc001_0004, 4), ...le(8, 4), ...le(0x0008_0001, 4), ...le(0, 4)],
      "Windows: trust point, 1 record",
    ],
  ])("%s", (_what, data, expected) => {
    expect(describeData(data)).toBe(expected);
  });

  test("only when it has its type", () => {
    expect(describeData([...signature("StartupLocality"), 3], EV_ACTION)).toBe(
      "an action of the firmware: StartupLocality, 03",
    );
  });
});
