import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HASH_ALGORITHMS } from "../firmware/eventLog.ts";
import { type HashFunction, webCryptoHash } from "../firmware/eventLogReplay.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { type ImaEntry, ImaLogError, imaDigest, parseImaLog } from "./imaLog.ts";
import { joinEvents, joinIma } from "./sources.ts";
import type { PcrStep } from "./steps.ts";
import { recordedBoot, recordedEvents, recordedIma } from "./testkit/recorded.ts";

const octets = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const { TPM_ALG_SHA1 } = TPM_ALG;
const sourceOf = ({ source }: PcrStep) => (source?.kind === "ima" ? source.name : source?.event);

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
    expect(await imaDigest(entries[3]!, TPM_ALG_SHA1)).toBeNull();
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

describe("what is written down", () => {
  test("stands beside each step of a boot, in the order of the log and the list", async () => {
    const { steps, unextended } = joinEvents(recordedBoot().steps, recordedEvents());
    expect(unextended).toEqual([]);
    const all = await joinIma(steps, parseImaLog(recordedIma()).entries);
    expect(all.unextended).toEqual([]);
    expect(all.steps.map(sourceOf).slice(1)).toEqual([
      "SMBIOS",
      "option ROM scan",
      "option ROM",
      "option ROM",
      "INT 19h",
      ...Array<string>(8).fill("separator"),
      "kernel",
      "command line",
      "initrd",
      "boot_aggregate",
      "/bin/busybox",
      "/etc/init.d/rcS",
      "/usr/sbin/terminal-size",
      "/usr/bin/tpm2",
      // What the user did at the prompt is in no list.
      ...Array<undefined>(4).fill(undefined),
    ]);
  });

  test("and was not extended is told: an event with another digest, an entry with another name", async () => {
    const events = recordedEvents().map((event, index) =>
      index === 15
        ? { ...event, digests: event.digests.map((one) => ({ ...one, digest: one.digest.map((b) => b ^ 1) })) }
        : event,
    );
    const { steps, unextended } = joinEvents(recordedBoot().steps, events);
    expect(unextended).toEqual([15]);
    expect(steps.filter(({ pcr, source }) => pcr === 8 && source === undefined)).toHaveLength(1);
    const entries = parseImaLog(recordedIma()).entries.map(
      (entry): ImaEntry => (entry.name === "/bin/busybox" ? { ...entry, name: "/bin/true" } : entry),
    );
    expect((await joinIma(steps, entries)).unextended).toEqual([1]);
  });

  test("a list that is joined again is not hashed again, but for what is new in it", async () => {
    const entries = parseImaLog(recordedIma()).entries;
    const { steps } = joinEvents(recordedBoot().steps, recordedEvents());
    const hashed: number[] = [];
    const hash: HashFunction = (algorithm, data) => {
      hashed.push(algorithm);
      return webCryptoHash(algorithm, data);
    };
    const first = await joinIma(steps, entries.slice(0, 4), hash);
    expect(hashed.length).toBeGreaterThanOrEqual(4);
    const algorithms = hashed.length / 4;
    const second = await joinIma(steps, entries, hash);
    expect(hashed.length).toBe(5 * algorithms);
    expect(second).toEqual(await joinIma(steps, entries));
    expect(second.steps.filter(({ source }) => source?.kind === "ima").length).toBe(5);
    expect(first.steps.filter(({ source }) => source?.kind === "ima").length).toBe(4);
  });

  test("an entry of a template that is not known is found by its SHA-1 digest, and is not proven", async () => {
    const entries = parseImaLog(recordedIma()).entries.map(
      (entry): ImaEntry => ({ ...entry, template: "d-ng|n-ng|iuid" }),
    );
    const { steps } = await joinIma(recordedBoot().steps, entries);
    const found = steps.flatMap(({ source }) => (source?.kind === "ima" ? [source.proven] : []));
    expect(found).toEqual([false, false, false, false, false]);
  });

  test("whatever the steps and events are, each step has one event at the most, with its digests", () => {
    const digest = (size: number) => fc.constantFrom(1, 2, 3).map((octet) => new Uint8Array(size).fill(octet));
    const digests = fc
      .subarray([...HASH_ALGORITHMS.keys()].slice(0, 3), { minLength: 1 })
      .chain((algorithms) =>
        fc.tuple(
          ...algorithms.map((algorithm) =>
            digest(HASH_ALGORITHMS.get(algorithm)!.size).map((value) => ({ algorithm, digest: value })),
          ),
        ),
      );
    const events = fc.array(
      fc.record({ pcrIndex: fc.nat(2), type: fc.constantFrom(3, 5), digests, data: fc.uint8Array() }),
    );
    const steps = fc.array(
      fc.record({ pcr: fc.nat(2), digests }).map(
        ({ pcr, digests: all }): PcrStep => ({
          kind: "PCR_Extend",
          pcr,
          at: 0,
          locality: 0,
          own: false,
          digests: all.map(({ algorithm, digest: value }) => ({ algorithm, digest: hex(value) })),
        }),
      ),
    );
    fc.assert(
      fc.property(steps, events, (before, log) => {
        const { steps: after, unextended } = joinEvents(before, log);
        const indexes = after.flatMap(({ source }) => (source?.kind === "firmware" ? [source.index] : []));
        expect(new Set(indexes).size).toBe(indexes.length);
        expect(indexes.length + unextended.length).toBe(log.filter(({ type }) => type !== 3).length);
        for (const { pcr, source, digests: extended } of after) {
          if (source?.kind !== "firmware") continue;
          const event = log[source.index]!;
          expect(event.pcrIndex).toBe(pcr);
          const common = event.digests.filter(({ algorithm }) => extended.some((one) => one.algorithm === algorithm));
          expect(common.length).toBeGreaterThan(0);
          for (const one of common)
            expect(extended).toContainEqual({ algorithm: one.algorithm, digest: hex(one.digest) });
        }
      }),
    );
  });
});

test("the digests of a command line in the recorded boot are those of its text", () => {
  const { steps } = joinEvents(recordedBoot().steps, recordedEvents());
  const step = steps.find(({ source }) => source?.kind === "firmware" && source.event === "command line")!;
  const [, line] = /kernel_cmdline: (.*)$/.exec(step.source?.kind === "firmware" ? step.source.text : "")!;
  const expected = step.digests.map(({ algorithm }) =>
    createHash(HASH_ALGORITHMS.get(algorithm)!.name).update(line!).digest("hex"),
  );
  expect(step.digests.map(({ digest }) => digest)).toEqual(expected);
});
