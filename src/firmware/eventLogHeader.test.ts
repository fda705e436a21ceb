/** Header events whose size leaves out what they should hold: there is firmware that miscounts. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ascii, hex, le, zeros } from "./description/testkit/octets.ts";
import { readEventLog } from "./eventLog.ts";
import { replayEventLog } from "./eventLogReplay.ts";

const SHA256 = 0x000b;
const DIGEST = hex("a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a");
const FOLLOWS = /^The size of the log's header event leaves out (\d+) bytes of vendor information, which follow it\.$/;
const MISSING = "The log's header event ends before its vendor information.";

/** TCG_EfiSpecIDEvent up to its algorithms: 32 octets with the one that there is. */
const SPEC_ID = [...ascii("Spec ID Event03\0"), ...le(0, 4), 0, 2, 106, 2, ...le(1, 4), ...le(SHA256, 2), ...le(32, 2)];
/** TCG_PCR_EVENT2 with text. */
const event = (pcr: number, note: string) => [
  ...le(pcr, 4),
  ...le(5, 4),
  ...le(1, 4),
  ...le(SHA256, 2),
  ...DIGEST,
  ...le(note.length, 4),
  ...ascii(note),
];
const EVENTS = [...event(0, "first"), ...event(4, "second")];

/** @param size what the header event says of its data. */
const log = (size: number, data: readonly number[], rest: readonly number[] = EVENTS) =>
  Uint8Array.from([...le(0, 4), ...le(3, 4), ...zeros(20), ...le(size, 4), ...data, ...rest]);
const notes = (bytes: Uint8Array) =>
  readEventLog(bytes).events.map(({ data }, index) => (index === 0 ? [...data] : new TextDecoder().decode(data)));

describe("a header event whose size leaves out vendor information", () => {
  const VENDOR = [4, 0xde, 0xad, 0xbe, 0xef];

  test.each<[string, number, readonly number[]]>([
    ["all of it", 33, VENDOR],
    ["some of it", 35, VENDOR],
    ["all of it and its size", 32, VENDOR],
    ["the size of none", 32, [0]],
    ["much of it", 40, [200, ...new Array<number>(200).fill(7)]],
  ])("%s, is read to its end, and the events after it, too", (_what, size, vendor) => {
    const bytes = log(size, [...SPEC_ID, ...vendor]);
    const read = readEventLog(bytes);
    expect(read.error).toBeNull();
    expect(notes(bytes)).toEqual([[...SPEC_ID, ...vendor], "first", "second"]);
    expect(read.specId?.vendorInfo).toEqual(Uint8Array.from(vendor.slice(1)));
    expect(read.size).toBe(bytes.length);
    expect(FOLLOWS.exec(read.note ?? "")?.[1]).toBe(`${32 + vendor.length - size}`);
  });

  test("and that has none there, either, is read as it is", () => {
    for (const [size, vendor] of [
      [32, []],
      [33, [4]],
      [35, [4, 1, 2]],
    ] as const) {
      const bytes = log(size, [...SPEC_ID, ...vendor]);
      const read = readEventLog(bytes);
      expect(read).toMatchObject({ error: null, note: MISSING, size: bytes.length });
      expect(notes(bytes)).toEqual([[...SPEC_ID, ...vendor], "first", "second"]);
      expect(read.specId?.vendorInfo).toEqual(Uint8Array.from(vendor.slice(1)));
    }
  });

  test("is read when nothing follows but filling", () => {
    for (const filling of [[], zeros(100), new Array<number>(100).fill(0xff)]) {
      const read = readEventLog(log(33, [...SPEC_ID, ...VENDOR], filling));
      expect(read).toMatchObject({ error: null, size: 32 + 37 });
      expect(read.specId?.vendorInfo).toEqual(Uint8Array.from(VENDOR.slice(1)));
      expect(read.note).toMatch(FOLLOWS);
    }
    const zero = readEventLog(log(33, [...SPEC_ID, 4, 1, 0, 0, 0], []));
    expect(zero).toMatchObject({ error: null, size: 32 + 37 });
    expect(zero.specId?.vendorInfo).toEqual(Uint8Array.of(1, 0, 0, 0));
  });

  test("leaves the damage after it where it is", () => {
    const read = readEventLog(log(33, [...SPEC_ID, ...VENDOR], [...event(0, "first"), ...event(99, "no such PCR")]));
    expect(read.events).toHaveLength(2);
    expect(read.error?.message).toContain(`0x${(32 + 37 + event(0, "first").length).toString(16)}`);
    expect(read.note).toMatch(FOLLOWS);
  });

  test("gives the PCRs that the same log with a right size gives", async () => {
    const right = await replayEventLog(readEventLog(log(37, [...SPEC_ID, ...VENDOR])).events);
    expect(right.get(SHA256)?.size).toBe(2);
    for (const size of [32, 33, 36]) {
      expect(await replayEventLog(readEventLog(log(size, [...SPEC_ID, ...VENDOR])).events)).toEqual(right);
    }
  });
});

test("a header event with the right size has no note, whatever its vendor information is", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 255 }), (vendor) => {
      const bytes = log(33 + vendor.length, [...SPEC_ID, vendor.length, ...vendor]);
      const read = readEventLog(bytes);
      expect(read).not.toHaveProperty("note");
      expect(read.specId?.vendorInfo).toEqual(vendor);
      expect(read.size).toBe(bytes.length);
    }),
  );
});

test("a header event with any size is read without an exception, and no event is made up", () => {
  fc.assert(
    fc.property(fc.nat(80), fc.uint8Array({ maxLength: 12 }), (size, vendor) => {
      const bytes = log(size, [...SPEC_ID, vendor.length, ...vendor]);
      const read = readEventLog(bytes);
      expect(read.size).toBeLessThanOrEqual(bytes.length);
      expect(read.error !== null || read.events.length === 3 || read.specId === null).toBe(true);
    }),
    { numRuns: 300 },
  );
});
