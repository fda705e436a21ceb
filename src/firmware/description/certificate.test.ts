import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { certificateSubject, derSize } from "./certificate.ts";
import { ascii, attribute, certificate, certificateOf, der, hex } from "./testkit/octets.ts";

const [UTF8_STRING, PRINTABLE_STRING, TELETEX_STRING, IA5_STRING, BMP_STRING] = [0x0c, 0x13, 0x14, 0x16, 0x1e];
const subjectOf = (octets: readonly number[]) => certificateSubject(Uint8Array.from(octets));

describe("the subject of a certificate", () => {
  test("begins with the name that was encoded last", () => {
    const microsoft = certificate(
      attribute("550406", PRINTABLE_STRING, ascii("US")),
      attribute("550408", PRINTABLE_STRING, ascii("Washington")),
      attribute("550407", PRINTABLE_STRING, ascii("Redmond")),
      attribute("55040a", PRINTABLE_STRING, ascii("Microsoft Corporation")),
      attribute("550403", PRINTABLE_STRING, ascii("Microsoft Corporation UEFI CA 2011")),
    );
    expect(subjectOf(microsoft)).toBe(
      "CN=Microsoft Corporation UEFI CA 2011, O=Microsoft Corporation, L=Redmond, ST=Washington, C=US",
    );
  });

  test.each<[string, readonly number[], string]>([
    ["UTF-8", attribute("550403", UTF8_STRING, [...new TextEncoder().encode("Größe")]), "CN=Größe"],
    ["UTF-16, big-endian", attribute("550403", BMP_STRING, hex("00480050 20ac")), "CN=HP€"],
    ["Latin-1", attribute("55040a", TELETEX_STRING, hex("4772f6df65")), "O=Größe"],
    ["an address", attribute("2a864886f70d010901", IA5_STRING, ascii("a@example.com")), "emailAddress=a@example.com"],
    ["a domain", attribute("0992268993f22c640119", IA5_STRING, ascii("example")), "DC=example"],
    ["characters that separate", attribute("55040a", UTF8_STRING, ascii('A, "B" + C;')), 'O=A\\, \\"B\\" \\+ C\\;'],
    ["an attribute without a short name", attribute("2a0304", UTF8_STRING, ascii("x")), "1.2.3.4=x"],
    ["an attribute of a large arc", attribute("88378134", UTF8_STRING, ascii("x")), "2.999.180=x"],
    ["a value that is no string", attribute("550403", 0x02, [5]), "CN=#020105"],
    [
      "a value that is no string, with another behind it",
      der(0x31, der(0x30, der(0x06, hex("550403")), der(0x02, [5]), der(0x02, [6]))),
      "CN=#020105",
    ],
    [
      "a value that is no string and is cut",
      der(0x31, der(0x30, der(0x06, hex("550403")), [0x02, 2, 5])),
      "CN=#020205",
    ],
    ["a control character", attribute("550403", UTF8_STRING, ascii("a\u001bb")), "CN=#0c03611b62"],
  ])("may have %s", (_what, name, expected) => {
    expect(subjectOf(certificate(name))).toBe(expected);
  });

  test("may have two attributes in one name", () => {
    const [common, serial] = [attribute("550403", UTF8_STRING, ascii("device")), attribute("550405", 0x13, ascii("7"))];
    expect(subjectOf(certificate(der(0x31, common.slice(2), serial.slice(2))))).toBe("serialNumber=7+CN=device");
  });

  test("may be empty", () => {
    expect(subjectOf(certificate())).toBe("no subject");
  });

  test("is found without a version, as in version 1, and whatever follows the certificate", () => {
    const name = der(0x30, attribute("550403", UTF8_STRING, ascii("old")));
    const tbs = der(0x30, der(0x02, [1]), der(0x30), der(0x30), der(0x30), name, der(0x30));
    expect(subjectOf([...der(0x30, tbs, der(0x30), der(0x03, [0])), 1, 2, 3])).toBe("CN=old");
  });

  test.each<[string, readonly number[]]>([
    ["nothing", []],
    ["a sequence of nothing", der(0x30)],
    ["random octets", hex("a7ffc6f8bf1ed76651c14756a061d662")],
    ["another DER value", der(0x30, der(0x02, [1]), der(0x30))],
    ["a length of its own size", [0x30, 0x80, ...certificateOf("x").slice(2)]],
  ])("is not found in %s", (_what, octets) => {
    expect(subjectOf(octets)).toBeNull();
  });

  test("is not found in a certificate that is cut", () => {
    const whole = certificateOf("cut");
    for (let size = 0; size < whole.length; size++) expect(subjectOf(whole.slice(0, size))).toBeNull();
  });
});

test("the size of a DER value comes from its header", () => {
  expect(derSize(Uint8Array.from([...der(0x30, new Array(300).fill(5)), 9, 9]))).toBe(304);
  expect(derSize(Uint8Array.of(0x30, 2, 5))).toBe(0);
  expect(derSize(Uint8Array.of(0x30))).toBe(0);
});

test("a certificate with any octet changed has a printable subject or none", () => {
  const whole = certificate(
    attribute("550406", PRINTABLE_STRING, ascii("US")),
    attribute("55040a", BMP_STRING, hex("00480050")),
    attribute("550403", TELETEX_STRING, ascii("any")),
  );
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, octet) => {
      const subject = subjectOf(whole.with(at, octet));
      if (subject !== null) expect(subject).toMatch(/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u);
    }),
    { numRuns: 2000 },
  );
});
