/** IMA's list, read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { ImaLogError, imaDigest, isOfFile, parseBinaryImaLog, parseImaLog } from "./index.ts";
import {
  asciiLine,
  asciiList,
  binaryEntry,
  digestOf,
  ENTRIES,
  FILE,
  hashed,
  hex,
  type KernelEntry,
  named,
  octets,
  raw,
  recordedIma,
  string,
} from "./testkit/kernelLists.ts";

const { TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384 } = TPM_ALG;

describe("IMA's list", () => {
  test("of Linux is read, and its digests are those that stand in it", async () => {
    const { entries, isCut } = parseImaLog(recordedIma());
    expect(isCut).toBe(false);
    expect(entries.map(({ name }) => name)).toEqual([
      "boot_aggregate",
      "/bin/busybox",
      "/etc/init.d/rcS",
      "/usr/sbin/terminal-size",
      "/usr/bin/tpm2",
    ]);
    for (const entry of entries) expect(hex((await imaDigest(entry, TPM_ALG_SHA1))!)).toBe(entry.templateHash);
  });

  test("with signatures, names with blanks, other templates and a violation", async () => {
    const digest = `sha256:${"ab".repeat(32)}`;
    const lines = [
      `10 ${"11".repeat(20)} ima-sig ${digest} /usr/bin/my file 030204${"cd".repeat(9)}`,
      `10 ${"12".repeat(20)} ima-sig ${digest} /usr/bin/plain `,
      `10 ${"00".repeat(20)} ima-ng sha1:${"00".repeat(20)} /var/log/open`,
      `10 ${"13".repeat(20)} ima ${"ab".repeat(20)} /old`,
    ];
    const { entries } = parseImaLog(octets(`${lines.join("\n")}\n`));
    expect(entries.map(({ name, signature }) => [name, signature.slice(0, 6)])).toEqual([
      ["/usr/bin/my file", "030204"],
      ["/usr/bin/plain", ""],
      ["/var/log/open", ""],
      ["/old", ""],
    ]);
    expect(hex((await imaDigest(entries[2]!, TPM_ALG_SHA1))!)).toBe("ff".repeat(20));
    expect(entries[3]!.fileDigest).toBe("ab".repeat(20));
    const [unknown] = parseImaLog(octets(`${lines[1]!.replace("ima-sig", "d-ng|wings")}\n`)).entries;
    expect([unknown!.name, unknown!.fileDigest, unknown!.fields]).toEqual(["/usr/bin/plain ", digest, null]);
    expect(await imaDigest(unknown!, TPM_ALG_SHA1)).toBeNull();
  });

  test("that is cut short is read up to there; what is no such list is refused with the line", () => {
    const list = recordedIma();
    const { entries, isCut } = parseImaLog(list.subarray(0, list.length - 20));
    expect([entries.length, isCut]).toEqual([4, true]);
    const second = octets(`${new TextDecoder().decode(list).split("\n")[0]}\nhello\n`);
    expect(() => parseImaLog(second)).toThrow("line 2 is not “PCR, digest, template, …”");
    const [line] = new TextDecoder().decode(list).split("\n");
    expect(() => parseImaLog(octets(`${line}\n\nhello\n`))).toThrow("line 3 is not “PCR, digest, template, …”");
    // What comes behind as many as can be shown is not looked at.
    expect(() => parseImaLog(octets(`${`${line}\n`.repeat(10_001)}hello\n`))).toThrow("line 10001 is more than can be");
    for (const wrong of ["", "\n", "PNG", "{}\n", `99 ${"11".repeat(20)} ima-ng sha1:ab /x\n`]) {
      expect(() => parseImaLog(octets(wrong)), wrong).toThrow(ImaLogError);
    }
  });

  test("read from any octets gives entries or ImaLogError", () => {
    const list = [...recordedIma()];
    const spoiled = fc
      .tuple(fc.nat(list.length - 1), fc.uint8Array({ maxLength: 5 }), fc.nat(9))
      .map(([at, put, gone]) => Uint8Array.from([...list.slice(0, at), ...put, ...list.slice(at + gone)]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), spoiled), (any) => {
        try {
          for (const { pcr, templateHash } of parseImaLog(any).entries) {
            expect(pcr).toBeLessThan(24);
            expect(templateHash).toMatch(/^[0-9a-f]{40}$/);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ImaLogError);
        }
      }),
    );
  });
});

describe("an entry is of a file", () => {
  const isOf = (template: string, ...fields: KernelEntry["fields"]) =>
    parseBinaryImaLog(binaryEntry({ template, fields })).entries.map(isOfFile)[0];
  const path = string("/bin/sh");

  test("where it has a digest and a name, each of them whole", () => {
    for (const entry of ENTRIES) expect(isOf(entry.template, ...entry.fields)).toBe(true);
    const digest = named("sha256", FILE);
    expect(isOf("d-ng|n-ng", digest, path)).toBe(true);
    for (const [template, ...fields] of [
      ["d-ng|xattrnames", digest, path],
      ["d-ng", digest],
      ["n-ng|d-ng", path, digest],
      ["ima-ng", path, path],
      ["ima-ng", digest, string("")],
      ["ima-ng", digest, string("/bin/sh\0")],
      ["ima-ng", digest, raw(octets("/bin/sh"))],
      ["ima-ng", raw(FILE), path],
      ["d|n", raw(FILE), path],
    ] as const)
      expect([template, isOf(template, ...fields)]).toEqual([template, false]);
  });

  test("of the oldest template, whose names end where they end and have no more than 255 octets", () => {
    const digest = raw(digestOf(TPM_ALG_SHA1, octets("old")));
    const line = (name: string) => parseImaLog(octets(asciiLine({ template: "ima", fields: [digest, string(name)] })));
    const named = (name: string) => line(name).entries.map(isOfFile)[0];
    expect([named("/bin/sh"), named("x".repeat(255)), named("x".repeat(256)), named("/bin/sh\0\0")]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("whose name begins with a mark of the byte order keeps it", () => {
    const [entry] = parseBinaryImaLog(
      binaryEntry({ template: "ima-ng", fields: [named("sha256", FILE), string("\ufeffboot_aggregate")] }),
    ).entries;
    expect(entry!.name).toBe("\ufeffboot_aggregate");
  });
});

describe("each template", () => {
  test.each(ENTRIES.map((entry) => [entry.template, entry] as const))(
    "%s is read alike from both forms",
    (_name, entry) => {
      const [ascii] = parseImaLog(octets(asciiLine(entry))).entries;
      const little = parseBinaryImaLog(binaryEntry(entry));
      const big = parseBinaryImaLog(binaryEntry(entry, true));
      expect(ascii!.fields!.map((field) => hex(field.octets))).toEqual(entry.fields.map((field) => hex(field.octets)));
      expect(little.entries).toEqual([ascii]);
      expect([little.isBigEndian, big.isBigEndian, little.isCut]).toEqual([false, true, false]);
      expect(big.entries[0]!.fields).toEqual(ascii!.fields);
    },
  );

  test.each([TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384])(
    "is hashed as the kernel does, in bank %i",
    async (bank) => {
      for (const [index, entry] of parseImaLog(asciiList).entries.entries()) {
        expect(hex((await imaDigest(entry, bank))!)).toBe(hex(digestOf(bank, hashed(ENTRIES[index]!))));
      }
      for (const entry of ENTRIES) {
        const [big] = parseBinaryImaLog(binaryEntry(entry, true)).entries;
        expect(hex((await imaDigest(big!, bank, undefined, true))!)).toBe(hex(digestOf(bank, hashed(entry, true))));
      }
    },
  );
});
