/** Lists as Linux writes them: the guest's own, recorded, and what it makes of each template. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../engine/bytes.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { BOUND_BY_NO_DIGEST } from "../eventFields.ts";
import type { QuotedPcrs } from "../eventLogEvidence.ts";
import { checkIma, ImaLogError, imaDigest, isOfFile, parseBinaryImaLog, parseImaLog } from "./index.ts";

const { TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384 } = TPM_ALG;
const octets = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const testdata = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../history/testdata/${name}`, import.meta.url)));
const recordedIma = () => testdata("ima.txt");

const NAMES = new Map<number, string>([
  [TPM_ALG_SHA1, "sha1"],
  [TPM_ALG_SHA256, "sha256"],
  [TPM_ALG_SHA384, "sha384"],
]);
const digestOf = (bank: number, ...parts: Uint8Array[]) => {
  const hash = createHash(NAMES.get(bank)!);
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

/** Fields as a kernel holds them in memory, and the ASCII and the binary entry that it prints of them. */
interface KernelEntry {
  readonly template: string;
  readonly fields: readonly { readonly octets: Uint8Array; readonly shown: string }[];
}
const named = (algorithm: string, digest: Uint8Array, type = "") => ({
  octets: concat(octets(`${type}${algorithm}:\0`), digest),
  shown: `${type}${algorithm}:${hex(digest)}`,
});
const string = (text: string) => ({ octets: octets(`${text}\0`), shown: text });
const raw = (bytes: Uint8Array) => ({ octets: bytes, shown: hex(bytes) });
const u32 = (value: number, isBigEndian = false) => {
  const bytes = Buffer.alloc(4);
  if (isBigEndian) bytes.writeUInt32BE(value);
  else bytes.writeUInt32LE(value);
  return new Uint8Array(bytes);
};

const FILE = digestOf(TPM_ALG_SHA256, octets("file"));
const ENTRIES: readonly KernelEntry[] = [
  { template: "ima-ng", fields: [named("sha256", FILE), string("/usr/bin/ls")] },
  { template: "ima-ngv2", fields: [named("sha256", FILE, "verity:"), string("/usr/bin/ls")] },
  { template: "ima-sig", fields: [named("sha256", FILE), string("/usr/bin/ls"), raw(Uint8Array.of(3, 2, 4, 1, 2, 3))] },
  { template: "ima-sig", fields: [named("sha256", FILE), string("/usr/bin/unsigned"), raw(new Uint8Array(0))] },
  { template: "ima-buf", fields: [named("sha256", FILE), string("kexec-cmdline"), raw(octets("quiet"))] },
  {
    template: "ima-modsig",
    fields: [
      named("sha256", FILE),
      string("/lib/module.ko"),
      raw(new Uint8Array(0)),
      named("sha256", FILE),
      raw(Uint8Array.of(0x30, 0x82)),
    ],
  },
  {
    template: "evm-sig",
    fields: [
      named("sha256", FILE),
      string("/bin/sh"),
      raw(Uint8Array.of(5, 2)),
      string("security.ima|security.capability"),
      raw(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0)),
      raw(Uint8Array.of(9, 8, 7)),
      { octets: u32(1000), shown: "1000" },
      { octets: u32(0), shown: "0" },
      { octets: Uint8Array.of(0xed, 0x81), shown: "33261" },
    ],
  },
  {
    template: "d-ng|n-ng|iuid",
    fields: [named("sha1", new Uint8Array(20)), string("/a"), { octets: u32(7), shown: "7" }],
  },
  { template: "ima", fields: [raw(digestOf(TPM_ALG_SHA1, octets("old"))), string("/sbin/init")] },
];

/** What the kernel hashes. */
function hashed({ template, fields }: KernelEntry, isBigEndian = false): Uint8Array {
  if (template === "ima")
    return concat(fields[0]!.octets, concat(fields[1]!.octets, new Uint8Array(256)).subarray(0, 256));
  return concat(...fields.flatMap((field) => [u32(field.octets.length, isBigEndian), field.octets]));
}
const asciiLine = (entry: KernelEntry, digest = digestOf(TPM_ALG_SHA1, hashed(entry))) =>
  `10 ${hex(digest)} ${entry.template} ${entry.fields.map(({ shown }) => shown).join(" ")}\n`;
function binaryEntry(entry: KernelEntry, isBigEndian = false, digest?: Uint8Array): Uint8Array {
  const number = (value: number) => u32(value, isBigEndian);
  const head = concat(
    number(10),
    digest ?? digestOf(TPM_ALG_SHA1, hashed(entry, isBigEndian)),
    number(entry.template.length),
    octets(entry.template),
  );
  if (entry.template === "ima") {
    const name = entry.fields[1]!.octets.subarray(0, -1);
    return concat(head, entry.fields[0]!.octets, number(name.length), name);
  }
  const data = hashed(entry, isBigEndian);
  return concat(head, number(data.length), data);
}

/** PCR 10 as a kernel leaves it. */
function extended(bank: number, digests: readonly Uint8Array[]): Uint8Array {
  let value = new Uint8Array(digestOf(bank).length);
  for (const digest of digests) value = digestOf(bank, value, digest);
  return value;
}
const quoted = (bank: number, value: Uint8Array): QuotedPcrs => new Map([[bank, new Map([[10, value]])]]);
const asciiList = octets(ENTRIES.map((entry) => asciiLine(entry)).join(""));
const binaryList = concat(...ENTRIES.map((entry) => binaryEntry(entry)));

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

describe("a list is held against the quoted PCR 10", () => {
  const digests = (bank: number) => ENTRIES.map((entry) => digestOf(bank, hashed(entry)));

  test.each([TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384])("in both forms, in bank %i", async (bank) => {
    for (const list of [asciiList, binaryList]) {
      const { finding, entries, accepted } = await checkIma(list, quoted(bank, extended(bank, digests(bank))), bank);
      expect([finding.verdict, entries.length, [...accepted]]).toEqual(["good", ENTRIES.length, [10]]);
    }
  });

  test("of a kernel before 5.8, which fills its SHA-1 digests up", async () => {
    const filled = digests(TPM_ALG_SHA1).map((digest) => concat(digest, new Uint8Array(12)));
    const { finding } = await checkIma(
      asciiList,
      quoted(TPM_ALG_SHA256, extended(TPM_ALG_SHA256, filled)),
      TPM_ALG_SHA256,
    );
    expect(finding.verdict).toBe("good");
    expect(finding.findings[1]!.note).toContain("before Linux 5.8");
  });

  test("of a kernel that counts the other way round", async () => {
    const list = concat(...ENTRIES.map((entry) => binaryEntry(entry, true)));
    const all = ENTRIES.map((entry) => digestOf(TPM_ALG_SHA256, hashed(entry, true)));
    const value = extended(TPM_ALG_SHA256, all);
    expect((await checkIma(list, quoted(TPM_ALG_SHA256, value), TPM_ALG_SHA256)).finding.verdict).toBe("good");
  });

  test("with the digests of another bank in it", async () => {
    const list = octets(ENTRIES.map((entry) => asciiLine(entry, digestOf(TPM_ALG_SHA256, hashed(entry)))).join(""));
    const binary = concat(...ENTRIES.map((one) => binaryEntry(one, false, digestOf(TPM_ALG_SHA256, hashed(one)))));
    const quote = quoted(TPM_ALG_SHA256, extended(TPM_ALG_SHA256, digests(TPM_ALG_SHA256)));
    for (const one of [list, binary]) expect((await checkIma(one, quote, TPM_ALG_SHA256)).finding.verdict).toBe("good");
  });

  test("that is ahead of the quote: what came later is not relied on", async () => {
    const value = extended(TPM_ALG_SHA256, digests(TPM_ALG_SHA256).slice(0, 4));
    const { finding, entries } = await checkIma(asciiList, quoted(TPM_ALG_SHA256, value), TPM_ALG_SHA256);
    expect([finding.verdict, entries.length]).toEqual(["good", 4]);
    expect(finding.findings[1]!.note).toContain(
      `The 5 behind them came after the quote: they are ${BOUND_BY_NO_DIGEST}`,
    );
  });

  test("with a violation, which extends all ones", async () => {
    const violation = asciiLine(ENTRIES[0]!, new Uint8Array(20));
    const list = octets(`${asciiLine(ENTRIES[0]!)}${violation}`);
    const value = extended(TPM_ALG_SHA256, [digests(TPM_ALG_SHA256)[0]!, new Uint8Array(32).fill(0xff)]);
    const { finding } = await checkIma(list, quoted(TPM_ALG_SHA256, value), TPM_ALG_SHA256);
    expect(finding.verdict).toBe("good");
    expect(finding.findings[1]!.note).toContain("Of 1 violations nothing but their number is bound");
  });

  test("with nothing measured, without PCR 10, or in a bank that is not here: unknown", async () => {
    const zero = quoted(TPM_ALG_SHA256, new Uint8Array(32));
    expect((await checkIma(asciiList, zero, TPM_ALG_SHA256)).finding.verdict).toBe("unknown");
    expect((await checkIma(asciiList, new Map(), TPM_ALG_SHA256)).finding.verdict).toBe("unknown");
    const other = quoted(TPM_ALG.TPM_ALG_SM3_256, new Uint8Array(32).fill(1));
    expect((await checkIma(asciiList, other, TPM_ALG.TPM_ALG_SM3_256)).finding.verdict).toBe("unknown");
  });

  test("and its first entry against the quoted PCRs of the boot", async () => {
    const pcrs = Array.from({ length: 10 }, (_, pcr) => digestOf(TPM_ALG_SHA256, u32(pcr)));
    const check = async (count: number, tamper = false) => {
      const aggregate = {
        template: "ima-ng",
        fields: [named("sha256", digestOf(TPM_ALG_SHA256, ...pcrs.slice(0, count))), string("boot_aggregate")],
      };
      const value = extended(TPM_ALG_SHA256, [digestOf(TPM_ALG_SHA256, hashed(aggregate))]);
      const values = new Map([...pcrs.entries(), [10, value] as const]);
      if (tamper) values.set(3, new Uint8Array(32));
      return (await checkIma(octets(asciiLine(aggregate)), new Map([[TPM_ALG_SHA256, values]]), TPM_ALG_SHA256))
        .bootAggregate;
    };
    expect([(await check(10)).verdict, (await check(8)).verdict]).toEqual(["good", "good"]);
    expect([(await check(10, true)).verdict, (await check(9)).verdict]).toEqual(["bad", "bad"]);
  });

  test("the guest's own, recorded, with the PCRs that its boot left", async () => {
    const list = parseImaLog(recordedIma()).entries;
    const all = await Promise.all(list.map(async (entry) => (await imaDigest(entry, TPM_ALG_SHA256))!));
    const value = extended(TPM_ALG_SHA256, all);
    const { finding, bootAggregate } = await checkIma(recordedIma(), quoted(TPM_ALG_SHA256, value), TPM_ALG_SHA256);
    expect([finding.verdict, bootAggregate.verdict]).toEqual(["good", "unknown"]);
  });
});

describe("every octet of a list", () => {
  const violation = { ...ENTRIES[0]!, digest: new Uint8Array(20) };
  const all = [...ENTRIES.map((entry) => digestOf(TPM_ALG_SHA256, hashed(entry))), new Uint8Array(32).fill(0xff)];
  const quote = quoted(TPM_ALG_SHA256, extended(TPM_ALG_SHA256, all));

  test.each([
    ["ASCII", concat(asciiList, octets(asciiLine(violation, violation.digest))), asciiList.length],
    ["binary", concat(binaryList, binaryEntry(violation, false, violation.digest)), binaryList.length],
  ])("in %s that is changed makes it refused, or lies in a violation's fields", async (_form, list, bound) => {
    expect((await checkIma(list, quote, TPM_ALG_SHA256)).finding.verdict).toBe("good");
    let kept = 0;
    for (let at = 0; at < list.length; at++) {
      for (const bit of [0x01, 0x20]) {
        const { finding } = await checkIma(list.with(at, list[at]! ^ bit), quote, TPM_ALG_SHA256);
        if (finding.verdict !== "good") continue;
        expect(at).toBeGreaterThanOrEqual(bound);
        expect(finding.findings[1]!.note).toContain(`their fields are ${BOUND_BY_NO_DIGEST}`);
        kept++;
      }
    }
    expect(kept).toBeGreaterThan(0);
  });
});

describe("a hostile list", () => {
  const spoiled = (list: Uint8Array) =>
    fc
      .tuple(fc.nat(list.length - 1), fc.uint8Array({ maxLength: 6 }), fc.nat(9))
      .map(([at, put, gone]) => concat(list.subarray(0, at), put, list.subarray(at + gone)));

  test("in binary is read, or refused with ImaLogError", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), spoiled(binaryList)), (any) => {
        try {
          for (const { pcr } of parseBinaryImaLog(any).entries) expect(pcr).toBeLessThan(24);
        } catch (error) {
          expect(error).toBeInstanceOf(ImaLogError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("that announces more than there is takes no more than there is", () => {
    const entry = binaryEntry(ENTRIES[0]!);
    for (const at of [24, 34]) {
      const huge = concat(entry.subarray(0, at), u32(0xffff_ffff), entry.subarray(at + 4));
      expect(() => parseBinaryImaLog(huge)).toThrow(ImaLogError);
    }
    const limits = { maxEntries: 2, maxSize: 1 << 20 };
    expect(() => parseBinaryImaLog(binaryList, limits)).toThrow("entry 3 is one more than can be read");
    expect(() => parseImaLog(asciiList, limits)).toThrow("line 3 is more than can be");
    expect(() => parseImaLog(asciiList, { ...limits, maxSize: 9 })).toThrow("more than can be read");
  });

  test("is never good with a value that it does not come to", async () => {
    const value = quoted(TPM_ALG_SHA256, new Uint8Array(32).fill(7));
    await fc.assert(
      fc.asyncProperty(fc.oneof(spoiled(asciiList), spoiled(binaryList)), async (any) => {
        expect((await checkIma(any, value, TPM_ALG_SHA256)).finding.verdict).not.toBe("good");
      }),
      { numRuns: 100 },
    );
  });
});
