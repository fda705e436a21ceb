import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseImaLog } from "../attest/ima/index.ts";
import { HASH_ALGORITHMS } from "../firmware/eventLog.ts";
import { type HashFunction, webCryptoHash } from "../firmware/eventLogReplay.ts";
import { joinIma } from "./imaSources.ts";
import { joinEvents } from "./sources.ts";
import type { PcrStep } from "./steps.ts";
import { recordedBoot, recordedEvents, recordedIma } from "./testkit/recorded.ts";

const octets = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const sourceOf = ({ source }: PcrStep) => (source?.kind === "ima" ? source.name : source?.event);

/** The list with some text in it changed. */
const changedIma = (from: string, to: string) => octets(new TextDecoder().decode(recordedIma()).replaceAll(from, to));

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
    const { entries } = parseImaLog(changedIma("/bin/busybox", "/bin/true"));
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
    const { entries } = parseImaLog(changedIma(" ima-ng ", " d-ng|n-ng|wings "));
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
