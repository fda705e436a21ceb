/** IMA's list, held against quoted PCRs; and lists that somebody made to do harm. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat } from "../../engine/bytes.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { BOUND_BY_NO_DIGEST } from "../eventFields.ts";
import { checkIma, ImaLogError, imaDigest, parseBinaryImaLog, parseImaLog } from "./index.ts";
import {
  asciiLine,
  asciiList,
  binaryEntry,
  binaryList,
  digestOf,
  ENTRIES,
  extended,
  hashed,
  named,
  octets,
  quoted,
  recordedIma,
  string,
  u32,
} from "./testkit/kernelLists.ts";

const { TPM_ALG_SHA1, TPM_ALG_SHA256, TPM_ALG_SHA384 } = TPM_ALG;

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
