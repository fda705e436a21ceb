import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ascii, hex, le, utf16, zeros } from "./testkit/octets.ts";
import { leadingName, narrowField, shorten, text, wideField } from "./text.ts";

const read = (octets: readonly number[]) => text(Uint8Array.from(octets));
const utf8 = (value: string) => [...new TextEncoder().encode(value)];

describe("what is text", () => {
  test.each<[string, readonly number[], string]>([
    ["ASCII", ascii("ACPI DATA"), "ACPI DATA"],
    ["ASCII with a terminator", [...ascii("etc/table-loader"), 0], "etc/table-loader"],
    ["ASCII in a field of fixed size", [...ascii("etc/acpi/rsdp"), ...zeros(43)], "etc/acpi/rsdp"],
    ["one character", ascii("1"), "1"],
    ["four characters, which might be a number", ascii("WBCL"), "WBCL"],
    [
      "texts with zeros between",
      [...ascii("QEMU FW CFG"), ...zeros(5), ...ascii("etc/smbios"), 0],
      "QEMU FW CFG etc/smbios",
    ],
    ["several lines", ascii("sbat,1,2023012900\nshim,2\r\ngrub,3\n"), "sbat,1,2023012900 shim,2 grub,3"],
    ["a table", ascii("one\ttwo"), "one two"],
    ["UTF-8", utf8("Größe – naïve ★"), "Größe – naïve ★"],
    ["UTF-8 with a byte order mark", [...hex("efbbbf"), ...ascii("marked")], "marked"],
    ["UTF-8 beyond the first plane", utf8("boot 🐧 𝒙"), "boot 🐧 𝒙"],
    ["Cyrillic in UTF-8", utf8("Загрузчик"), "Загрузчик"],
    ["Chinese in UTF-8", utf8("启动加载器"), "启动加载器"],
    ["UTF-16", utf16("console=ttyS0"), "console=ttyS0"],
    ["UTF-16 with a terminator", [...utf16("console=ttyS0"), 0, 0], "console=ttyS0"],
    ["UTF-16 with one zero octet at its end", [...utf16("initrd=\\initrd.img rw"), 0], "initrd=\\initrd.img rw"],
    ["UTF-16 with a terminator and one zero octet", [...utf16("quiet splash"), 0, 0, 0], "quiet splash"],
    ["UTF-16 in a field of fixed size", [...utf16("kernel"), ...zeros(8)], "kernel"],
    ["UTF-16 with a byte order mark", [0xff, 0xfe, ...utf16("marked")], "marked"],
    ["UTF-16 with characters beyond Latin-1", utf16("root=LABEL=Łódź – test"), "root=LABEL=Łódź – test"],
    ["UTF-16 beyond the first plane", [...utf16("penguin 🐧"), 0, 0], "penguin 🐧"],
    ["Cyrillic", utf16("Загрузчик"), "Загрузчик"],
    ["Greek with spaces", utf16("φόρτωση πυρήνα"), "φόρτωση πυρήνα"],
    ["Hebrew", utf16("אתחול"), "אתחול"],
    ["Arabic", utf16("محمل الإقلاع"), "محمل الإقلاع"],
    ["Devanagari", utf16("बूट लोडर"), "बूट लोडर"],
    ["Thai", utf16("บูต"), "บูต"],
    ["Japanese that ends as UTF-16 does", [...utf16("起動ローダー"), 0, 0], "起動ローダー"],
    ["Japanese in a path", utf16("\\EFI\\起動\\カーネル.efi"), "\\EFI\\起動\\カーネル.efi"],
    ["Chinese, long enough", utf16("统一可扩展固件接口启动加载器"), "统一可扩展固件接口启动加载器"],
    ["Korean that ends as UTF-16 does", [...utf16("부트로더"), 0, 0], "부트로더"],
  ])("%s", (_what, octets, expected) => {
    expect(read(octets)).toBe(expected);
  });

  test.each<[string, readonly number[], string]>([
    ["in the middle of a character of UTF-8", utf8("Größe ★").slice(0, -1), "Größe…"],
    ["in the middle of a code unit", utf16("root=/dev/sda").slice(0, -1), "root=/dev/sd…"],
    ["between two surrogates", utf16("penguin 🐧").slice(0, -2), "penguin…"],
  ])("is cut %s", (_what, octets, expected) => {
    expect(read(octets)).toBe(expected);
  });
});

describe("what is no text", () => {
  test.each<[string, readonly number[]]>([
    ["nothing", []],
    ["zeros", zeros(8)],
    ["spaces", ascii("   ")],
    ["spaces in UTF-16", utf16("   ")],
    ["an escape sequence", ascii("\u001b[2J")],
    ["an escape sequence in UTF-16", utf16("\u001b[2J cleared")],
    ["a bell in a sentence", ascii("ding\u0007dong")],
    ["C1 control characters in UTF-8", utf8("next\u0085line")],
    ["delete", ascii("delete\u007f")],
    ["a change of direction", utf8("exe.\u202egnp")],
    ["a change of direction in UTF-16", utf16("exe.\u202egnp")],
    ["a zero-width joiner", utf8("ab\u200dcd")],
    ["a line separator", utf8("one\u2028two")],
    ["a private character", utf8("logo \ue000")],
    ["a high surrogate alone", [...utf16("lone"), ...le(0xd83d, 2), ...utf16("surrogate")]],
    ["a low surrogate alone", [...utf16("lone"), ...le(0xdc00, 2), ...utf16("surrogate")]],
    ["a surrogate in UTF-8", [...ascii("lone"), ...hex("eda080"), ...ascii("surrogate")]],
    ["an overlong form", [...ascii("over"), ...hex("c0af"), ...ascii("long")]],
    ["Latin-1", [...ascii("Gr"), 0xf6, 0xdf, ...ascii("er")]],
    ["text and then binary data", [...ascii("GCE NonHostInfo"), 0, 1, ...zeros(15)]],
    ["text and an octet that is none", [...ascii("StartupLocality"), 0, 3]],
    ["text and two octets that are none", [...ascii("Vendor Specific."), 1, 2]],
    ["text and zeros and an octet that is none", [...ascii("a longer description"), 0, 0, 1, 0, 0]],
    ["a number", le(0x20, 4)],
    ["a number whose octets are letters", le(0x4142, 8)],
    ["an address and a length", [...le(0xffa9_0000, 8), ...le(0x35_0000, 8)]],
    ["two octets that are one character", hex("c3a9")],
    ["a digest", hex("a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a")],
    ["letters of several scripts", [...utf16("жλאπ"), 0, 0]],
    ["two Chinese characters, which might be a number", utf16("起動")],
    ["a few Chinese characters that nothing else says are some", utf16("启动加载器配置文件")],
    ["two Greek characters, which might be a number", utf16("λπ")],
    ["a cut character and little else", utf8("ab★").slice(0, -1)],
  ])("%s", (_what, octets) => {
    expect(read(octets)).toBeNull();
  });

  test("random octets, all but a few of thousands", () => {
    const digests = fc.sample(fc.uint8Array({ minLength: 16, maxLength: 64 }), { seed: 4, numRuns: 2000 });
    expect(digests.filter((octets) => text(octets) !== null).length).toBeLessThan(20);
  });
});

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u;

test("whatever the octets are, text is printable, short and neither begins nor ends with a space", () => {
  const letter = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0, max: 0x10ffff }));
  const letters = fc.array(letter, { maxLength: 60 }).map((points) => String.fromCodePoint(...points));
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .array(fc.constantFrom(0, 0x20, 0x41, 0x04, 0x4e, 0xd8, 0xdc, 0xe2), { maxLength: 40 })
      .map((a) => Uint8Array.from(a)),
    letters.map((value) => new TextEncoder().encode(value)),
    letters.map((value) => Uint8Array.from(utf16(value))),
  );
  fc.assert(
    fc.property(octets, (bytes) => {
      for (const found of [text(bytes), wideField(bytes), narrowField(bytes)]) {
        if (found === null) continue;
        expect(found).toMatch(PRINTABLE);
        expect(found).toBe(found.trim());
        expect(Array.from(found).length).toBeLessThanOrEqual(201);
      }
    }),
    { numRuns: 1000 },
  );
});

test("any printable ASCII is text in either encoding, terminated or not", () => {
  const line = fc.stringMatching(/^[!-~][ -~]{1,80}[!-~]$/);
  fc.assert(
    fc.property(line, fc.constantFrom(0, 1, 2, 3), (value, terminators) => {
      expect(read([...ascii(value), ...zeros(terminators)])).toBe(value);
      expect(read([...utf16(value), ...zeros(terminators)])).toBe(value);
    }),
  );
});

describe("a field whose encoding is known", () => {
  test("ends at its terminator, whatever follows", () => {
    expect(wideField(Uint8Array.from([...utf16("root"), 0, 0, ...utf16("old name")]))).toBe("root");
    expect(narrowField(Uint8Array.from([...ascii("disk"), 0, 1, 2, 3]))).toBe("disk");
  });

  test("may be of any script and length, but must be printable", () => {
    expect(wideField(Uint8Array.from(utf16("起動")))).toBe("起動");
    expect(wideField(Uint8Array.from(utf16("a\u001b")))).toBeNull();
    expect(narrowField(Uint8Array.from(ascii("a\u001b")))).toBeNull();
    expect(wideField(new Uint8Array(72))).toBeNull();
  });
});

test("what is too long ends with an ellipsis, and no character is cut in two", () => {
  expect(shorten("abcdef", 3)).toBe("abc…");
  expect(shorten("🐧🐧🐧🐧", 3)).toBe("🐧🐧🐧…");
  expect(shorten("🐧🐧🐧", 3)).toBe("🐧🐧🐧");
  expect(read(ascii("x".repeat(5000)))).toBe(`${"x".repeat(200)}…`);
});

test("a name in front of binary data ends with a zero and has eight characters or more", () => {
  const named = leadingName(Uint8Array.from([...ascii("GCE NonHostInfo"), 0, 4, 5]));
  expect(named).toEqual({ name: "GCE NonHostInfo", rest: Uint8Array.of(4, 5) });
  expect(leadingName(Uint8Array.from([...ascii("seven77"), 0, 4]))).toBeNull();
  expect(leadingName(Uint8Array.from(ascii("without an end")))).toBeNull();
  expect(leadingName(Uint8Array.from([...ascii("control\u0007character"), 0, 4]))).toBeNull();
});
