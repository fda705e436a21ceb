import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HASH_ALGORITHMS } from "../firmware/eventLog.ts";
import { compareBoots } from "./compare.ts";
import { EVENT_KINDS } from "./eventKind.ts";
import { type BootRecord, BootRecordError, MAX_RECORD_SIZE, parseBootRecord, serializeBootRecord } from "./record.ts";
import { joinEvents } from "./sources.ts";
import { isExtend, type PcrStep, type StepSource, stepKinds } from "./steps.ts";
import { recordedBoot, recordedEvents } from "./testkit/recorded.ts";

const octets = (document: unknown) => new TextEncoder().encode(JSON.stringify(document));
const hexOf = (size: number) =>
  fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes).toString("hex"));
const bank = fc.constantFrom(...HASH_ALGORITHMS.keys());
const digests = fc
  .uniqueArray(bank)
  .chain((all) =>
    fc.tuple(
      ...all.map((algorithm) => hexOf(HASH_ALGORITHMS.get(algorithm)!.size).map((digest) => ({ algorithm, digest }))),
    ),
  );
const source: fc.Arbitrary<StepSource> = fc.oneof(
  fc.record({
    kind: fc.constant("firmware" as const),
    index: fc.nat(),
    type: fc.nat(),
    event: fc.constantFrom(...EVENT_KINDS),
    text: fc.string(),
  }),
  fc.record({
    kind: fc.constant("ima" as const),
    index: fc.nat(),
    template: fc.string(),
    fileDigest: fc.string(),
    name: fc.string(),
    proven: fc.boolean(),
  }),
);
const step: fc.Arbitrary<PcrStep> = fc
  .record({
    kind: fc.constantFrom(...stepKinds),
    pcr: fc.option(fc.nat(23)),
    at: fc.nat(1e6),
    locality: fc.nat(4),
    own: fc.boolean(),
    digests,
    source: fc.option(source, { nil: undefined }),
  })
  .map(({ source: of, ...rest }) => (of === undefined ? rest : { ...rest, source: of }));
const record: fc.Arbitrary<BootRecord> = fc.record({
  began: fc.constant(0),
  steps: fc.array(step, { maxLength: 8 }),
  omitted: fc
    .dictionary(fc.nat(23).map(String), fc.integer({ min: 1, max: 9 }))
    .map((all) => new Map(Object.entries(all).map(([pcr, count]) => [Number(pcr), count]))),
  banks: fc
    .uniqueArray(bank)
    .chain((all) =>
      fc.tuple(
        ...all.map((algorithm) =>
          fc
            .array(fc.option(hexOf(HASH_ALGORITHMS.get(algorithm)!.size)), { maxLength: 24 })
            .map((values) => ({ algorithm, values })),
        ),
      ),
    ),
});

describe("a record of a boot", () => {
  test("is what it was after it was written and read", () => {
    fc.assert(
      fc.property(record, (boot) => {
        expect(parseBootRecord(serializeBootRecord(boot))).toEqual(boot);
      }),
    );
  });

  test("of any octets is a record or refused", () => {
    const [whole, ...cuts] = [serializeBootRecord(recordedBoot()), 0, 1];
    const spoiled = fc
      .tuple(fc.nat(whole.length - 1), fc.uint8Array({ maxLength: 3 }), fc.nat(3))
      .map(([at, put, gone]) => Uint8Array.from([...whole.subarray(0, at), ...put, ...whole.subarray(at + gone)]));
    const odd = fc.json().map((json) => new TextEncoder().encode(json));
    expect(cuts).toHaveLength(2);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), odd, spoiled), (any) => {
        try {
          // What was read can be written, and compared; its times can be shown.
          const read = parseBootRecord(any);
          compareBoots(read, recordedBoot());
          for (const { at } of read.steps) new Date(at).toISOString();
        } catch (error) {
          expect(error).toBeInstanceOf(BootRecordError);
        }
      }),
    );
  });

  test("says what is wrong with another file, and where", () => {
    const boot = JSON.parse(new TextDecoder().decode(serializeBootRecord(recordedBoot())));
    const cases: [unknown, string][] = [
      [[], "it is not an object"],
      [{ format: "tabtpm state" }, "its format is not “tabtpm boot record”"],
      [{ ...boot, version: undefined }, "it has no version"],
      [{ ...boot, began: "today" }, "began is not a number"],
      [{ ...boot, steps: [{ ...boot.steps[0], kind: "NV_Write" }] }, "steps[0].kind is none of Startup, resume,"],
      [{ ...boot, steps: [{ ...boot.steps[1], pcr: 24 }] }, "steps[0].pcr is not a number from 0 to 23"],
      [{ ...boot, steps: [{ ...boot.steps[1], digests: { md5: "" } }] }, "steps[0] names a bank “md5”"],
      [{ ...boot, steps: [{ ...boot.steps[1], digests: { sha1: "00" } }] }, "a sha1 digest that is not 40 digits"],
      [{ ...boot, steps: [{ ...boot.steps[1], source: { kind: "x", index: 0 } }] }, "steps[0].source.kind is neither"],
      [{ ...boot, began: 8.64e15, steps: [{ ...boot.steps[1], ms: 1 }] }, "steps[0].ms is not a number from -"],
      [{ ...boot, steps: Array(5000).fill(boot.steps[0]) }, "steps has 5000 elements"],
    ];
    for (const [document, words] of cases) expect(() => parseBootRecord(octets(document)), words).toThrow(words);
    expect(() => parseBootRecord(new TextEncoder().encode("\x7fELF"))).toThrow("it is not JSON, or ends early");
    expect(() => parseBootRecord(new Uint8Array(MAX_RECORD_SIZE + 1))).toThrow("more than any record");
    expect(() => parseBootRecord(octets({ ...boot, version: 2 }))).toThrow("is of version 2; this page reads 1");
  });
});

describe("two boots compared", () => {
  const boot: BootRecord = { ...recordedBoot(), steps: joinEvents(recordedBoot().steps, recordedEvents()).steps };
  const other = (change: (steps: PcrStep[]) => PcrStep[]): BootRecord => ({ ...boot, steps: change([...boot.steps]) });
  const difference = (later: BootRecord, pcr: number) => compareBoots(boot, later).pcrs[pcr]!.difference;
  const indexOf = (kind: string) =>
    boot.steps.findIndex(({ source: of }) => of?.kind === "firmware" && of.event === kind);
  const altered = (one: PcrStep): PcrStep => ({
    ...one,
    digests: one.digests.map(({ algorithm, digest }) => ({
      algorithm,
      digest: digest.replace(/^../, (d) => (d === "00" ? "01" : "00")),
    })),
  });

  test("are equal when they are the same, at whatever time and by whichever command", () => {
    const later = other((steps) =>
      steps.map((one) => ({ ...one, at: one.at + 1e6, own: true, kind: isExtend(one) ? "PCR_Event" : one.kind })),
    );
    const { first, pcrs, algorithms } = compareBoots(boot, later);
    expect([first, algorithms.length]).toEqual([null, 4]);
    expect(pcrs.map(({ difference: none }) => none)).toEqual(Array(24).fill(null));
  });

  test("other kernel, other order, one more, one less, one that goes on", () => {
    const kernel = indexOf("kernel");
    const initrd = indexOf("initrd");
    expect(
      difference(
        other((steps) => steps.with(kernel, altered(steps[kernel]!))),
        9,
      ),
    ).toEqual({ kind: "digest", row: 1 });
    const swapped = other((steps) => steps.with(kernel, steps[initrd]!).with(initrd, steps[kernel]!));
    expect(difference(swapped, 9)).toEqual({ kind: "order", row: 1 });
    expect(
      difference(
        other((steps) => steps.toSpliced(kernel, 0, altered(steps[kernel]!))),
        9,
      ),
    ).toEqual({ kind: "added", row: 1 });
    expect(
      difference(
        other((steps) => steps.toSpliced(kernel, 1)),
        9,
      ),
    ).toEqual({ kind: "missing", row: 1 });
    expect(
      difference(
        other((steps) => steps.toSpliced(initrd, 1)),
        9,
      ),
    ).toEqual({ kind: "shorter", row: 2 });
    expect(
      difference(
        other((steps) => [...steps, steps[kernel]!]),
        9,
      ),
    ).toEqual({ kind: "longer", row: 3 });
    expect(
      difference(
        other((steps) => steps.with(0, { ...steps[0]!, locality: 3 })),
        0,
      ),
    ).toEqual({ kind: "start", row: 0 });
    expect(
      difference(
        other((steps) => steps.with(0, { ...steps[0]!, locality: 3 })),
        1,
      ),
    ).toBeNull();
  });

  test("the PCR that differs first is the one whose step came first", () => {
    const line = indexOf("command line");
    const later = other((steps) => [
      ...steps.with(line, altered(steps[line]!)).map((one) => (one.pcr === 10 ? altered(one) : one)),
      { ...steps[1]!, pcr: 1 },
    ]);
    const { first, pcrs } = compareBoots(boot, later);
    expect(first).toBe(8);
    expect(pcrs.flatMap(({ pcr, difference: of }) => (of === null ? [] : [pcr]))).toEqual([1, 8, 10]);
  });

  test("what a reset has wiped counts no more, and banks that only one has do not count", () => {
    const reset: PcrStep = { kind: "PCR_Reset", pcr: 16, at: 0, locality: 0, own: false, digests: [] };
    const extend = { ...boot.steps[1]!, pcr: 16 };
    const [early, late] = [
      other((steps) => [...steps, extend, reset, extend]),
      other((steps) => [...steps, reset, extend]),
    ];
    expect(compareBoots(early, late).first).toBeNull();
    const oneBank = other((steps) =>
      steps.map((one) => ({ ...one, digests: one.digests.filter(({ algorithm }) => algorithm === 0x000b) })),
    );
    expect(compareBoots(boot, oneBank)).toMatchObject({ first: null, algorithms: [0x000b] });
    expect(
      compareBoots(
        boot,
        other(() => []),
      ),
    ).toMatchObject({ first: null, algorithms: [] });
  });

  test("whatever they are, the rows are both chains in their order, and the first that is not common is the difference", () => {
    const kinds = fc.array(fc.constantFrom(1, 2, 3, 4), { maxLength: 12 });
    const made = (all: number[]): BootRecord => ({
      ...boot,
      steps: all.map((octet) => ({
        ...boot.steps[1]!,
        pcr: 5,
        digests: [{ algorithm: 0x000b, digest: `0${octet}`.repeat(32) }],
      })),
    });
    fc.assert(
      fc.property(kinds, kinds, (a, b) => {
        const [one, two] = [made(a), made(b)];
        const { rows, difference: of } = compareBoots(one, two).pcrs[5]!;
        if (a.length === 0 || b.length === 0) return;
        expect(rows.flatMap(({ earlier }) => earlier ?? [])).toEqual(one.steps);
        expect(rows.flatMap(({ later }) => later ?? [])).toEqual(two.steps);
        const at = a.findIndex((octet, index) => octet !== b[index]);
        const expected = at >= 0 ? at : a.length < b.length ? a.length : null;
        expect(of?.row ?? null).toBe(expected);
      }),
    );
  });
});
