import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  EventLogError,
  HASH_ALGORITHMS,
  parseEventLog,
  readEventLog,
  type SpecId,
  serializeEventLog,
  specIdEvent,
  type TcgEvent,
} from "./eventLog.ts";
import {
  EV_ACTION,
  EV_NO_ACTION,
  EV_S_CRTM_VERSION,
  EV_SEPARATOR,
  eventTypeMeaning,
  eventTypeName,
} from "./eventTypes.ts";
import { anyEventLog } from "./testkit/eventLogs.ts";

const seabios = new Uint8Array(readFileSync(new URL("testdata/seabios-event-log.bin", import.meta.url)));

const SPEC_ID: SpecId = {
  platformClass: 0,
  specVersionMajor: 2,
  specVersionMinor: 0,
  specErrata: 2,
  uintnSize: 1,
  algorithms: [
    { algorithm: 0x0004, size: 20 },
    { algorithm: 0x000b, size: 32 },
  ],
  vendorInfo: Uint8Array.of(1, 2, 3),
};

function event(pcrIndex: number, type: number, data: Uint8Array): TcgEvent {
  const digests = SPEC_ID.algorithms.map(({ algorithm, size }) => ({
    algorithm,
    digest: new Uint8Array(size).fill(7),
  }));
  return { pcrIndex, type, digests, data };
}

const EVENTS = [
  specIdEvent(SPEC_ID),
  event(0, EV_S_CRTM_VERSION, Uint8Array.of(0x31, 0)),
  event(7, EV_SEPARATOR, new Uint8Array(4)),
];
const LOG = serializeEventLog(EVENTS);

/** The log with some bytes replaced. */
function damaged(offset: number, ...bytes: number[]): Uint8Array {
  const log = LOG.slice();
  log.set(bytes, offset);
  return log;
}

describe("a crypto-agile log", () => {
  test("that SeaBIOS wrote is read, up to the unused rest of the area", () => {
    const area = new Uint8Array(0x1_0000);
    area.set(seabios);
    const log = parseEventLog(area);
    expect(log.specId).toEqual({
      platformClass: 0,
      specVersionMajor: 2,
      specVersionMinor: 0,
      specErrata: 2,
      uintnSize: 2,
      algorithms: [
        { algorithm: 0x0004, size: 20 },
        { algorithm: 0x000b, size: 32 },
        { algorithm: 0x000c, size: 48 },
        { algorithm: 0x000d, size: 64 },
      ],
      vendorInfo: new Uint8Array(0),
    });
    expect(log.events.map((entry) => [entry.pcrIndex, eventTypeName(entry.type)])).toEqual([
      [0, "EV_NO_ACTION"],
      [1, "EV_EVENT_TAG"],
      [2, "EV_ACTION"],
      [2, "EV_EVENT_TAG"],
      [2, "EV_EVENT_TAG"],
      [4, "EV_ACTION"],
      ...[0, 1, 2, 3, 4, 5, 6, 7].map((pcr) => [pcr, "EV_SEPARATOR"]),
    ]);
    expect(new TextDecoder().decode(log.events[2]!.data)).toBe("Start Option ROM Scan");
    expect(serializeEventLog(log.events)).toEqual(seabios.slice(0, log.size));
  });

  test("ends where the area is filled with 0x00 or 0xFF, or ends", () => {
    for (const filling of [[], [0], new Array(500).fill(0), [0xff], new Array(500).fill(0xff)]) {
      const area = Uint8Array.of(...LOG, ...filling);
      expect(parseEventLog(area)).toMatchObject({ events: EVENTS, size: LOG.length, error: null });
    }
  });

  test("without any event is empty", () => {
    for (const area of [new Uint8Array(0), new Uint8Array(0x1_0000), new Uint8Array(64).fill(0xff)]) {
      expect(parseEventLog(area)).toEqual({ specId: null, events: [], size: 0, error: null });
    }
  });

  test("may have events for no PCR that are not measured", () => {
    const log = serializeEventLog([...EVENTS, event(0xffff_ffff, EV_NO_ACTION, Uint8Array.of(1))]);
    expect(parseEventLog(log).events[3]!.pcrIndex).toBe(0xffff_ffff);
  });

  test("may have algorithms that nobody knows, with the size that its header gives", () => {
    const specId = { ...SPEC_ID, algorithms: [{ algorithm: 0x7777, size: 5 }] };
    const digests = [{ algorithm: 0x7777, digest: Uint8Array.of(1, 2, 3, 4, 5) }];
    const events = [specIdEvent(specId), { pcrIndex: 1, type: EV_ACTION, digests, data: Uint8Array.of(0x41) }];
    expect(parseEventLog(serializeEventLog(events)).events).toEqual(events);
  });
});

describe("a SHA-1 log", () => {
  const digests = [{ algorithm: 0x0004, digest: new Uint8Array(20).fill(9) }];
  const events = [
    { pcrIndex: 0, type: EV_S_CRTM_VERSION, digests, data: Uint8Array.of(0x31, 0) },
    { pcrIndex: 4, type: EV_ACTION, digests, data: new TextEncoder().encode("Calling INT 19h") },
  ];

  test("is what a log without Spec ID event is", () => {
    const log = serializeEventLog(events);
    expect(log).toHaveLength(2 * 32 + 2 + 15);
    expect(parseEventLog(log)).toEqual({ specId: null, events, size: log.length, error: null });
  });

  test("may open with the Spec ID event of older specifications", () => {
    const data = new TextEncoder().encode("Spec ID Event02\0...........");
    const older = [{ pcrIndex: 0, type: EV_NO_ACTION, digests, data }, ...events];
    expect(parseEventLog(serializeEventLog(older))).toMatchObject({ specId: null, events: older });
  });
});

describe("damage", () => {
  const specIdEnd = 32 + EVENTS[0]!.data.length;

  test.each([
    ["a cut in the first header", LOG.slice(0, 30), 28, "size of the event data needs 4 bytes, 2 are left", 0],
    ["a cut in the first event's data", LOG.slice(0, 40), 32, "event data needs 40 bytes, 8 are left", 0],
    ["a cut in a digest", LOG.slice(0, specIdEnd + 20), specIdEnd + 14, "sha1 digest needs 20 bytes, 6 are left", 1],
    ["a cut in the last event", LOG.slice(0, -1), LOG.length - 4, "event data needs 4 bytes, 3 are left", 2],
    ["a PCR that doesn't exist", damaged(specIdEnd, 24), specIdEnd, "PCR 24, but a TPM has PCRs 0 to 23", 1],
    ["more digests than banks", damaged(specIdEnd + 8, 3), specIdEnd + 8, "3 digests, but the log's header names 2", 1],
    ["no digests", damaged(specIdEnd + 8, 0), specIdEnd + 8, "0 digests", 1],
    [
      "another algorithm",
      damaged(specIdEnd + 12, 0x0c),
      specIdEnd + 12,
      "0x000c, which the log's header does not name",
      1,
    ],
    [
      "a huge number of algorithms",
      damaged(32 + 24, 0xff, 0xff, 0xff, 0xff),
      32 + 40,
      "hash algorithm needs 2 bytes",
      0,
    ],
    ["a wrong digest size", damaged(32 + 30, 21), 32 + 28, "a sha1 digest of 21 bytes", 0],
    ["an algorithm named twice", damaged(32 + 32, 0x04, 0, 20, 0), 32 + 32, "sha1 named twice", 0],
  ])("is told with its place: %s", (_what, log, offset, problem, intact) => {
    const read = readEventLog(log);
    expect(read.error?.offset).toBe(offset);
    expect(read.error?.message).toContain(problem);
    expect(read.error?.message).toContain(`0x${read.error?.offset.toString(16)}`);
    expect(read.events).toEqual(EVENTS.slice(0, intact));
    expect(() => parseEventLog(log)).toThrow(EventLogError);
  });

  test("a hole of zeros between events is damage, not the end", () => {
    const log = Uint8Array.of(...LOG, ...new Array(40).fill(0), 1);
    const read = readEventLog(log);
    expect(read.events).toEqual(EVENTS);
    expect(read.size).toBe(LOG.length);
    expect(read.error?.offset).toBe(LOG.length + 8);
  });
});

describe("any log", () => {
  const log = parseEventLog(seabios);
  /** Where each event of the log ends. */
  const ends = log.events.map((_, index) => serializeEventLog(log.events.slice(0, index + 1)).length);

  test("that is written is read back the same", () => {
    fc.assert(
      fc.property(anyEventLog(), fc.nat(100), (events, filling) => {
        const bytes = serializeEventLog(events);
        const area = new Uint8Array(bytes.length + filling);
        area.set(bytes);
        const read = parseEventLog(area);
        expect(read.events).toEqual(events);
        expect(read.size).toBe(bytes.length);
        expect(Buffer.compare(serializeEventLog(read.events), bytes)).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test("of random bytes never throws, and what was read is written the same", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        const read = readEventLog(bytes);
        expect(read.size).toBeLessThanOrEqual(bytes.length);
        expect(Buffer.compare(serializeEventLog(read.events), bytes.subarray(0, read.size))).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("with random damage never throws, and the events before it are intact", () => {
    fc.assert(
      fc.property(fc.nat(log.size - 1), fc.uint8Array({ minLength: 1, maxLength: 8 }), (at, noise) => {
        const bytes = seabios.slice();
        bytes.set(noise, at);
        const read = readEventLog(bytes);
        const intact = ends.filter((end) => end <= at).length;
        const before = serializeEventLog(read.events.slice(0, intact));
        expect(Buffer.compare(before, seabios.subarray(0, ends[intact - 1] ?? 0))).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  test("cut anywhere gives the events before the cut", () => {
    const wrong: number[] = [];
    for (let size = 0; size <= log.size; size++) {
      const read = readEventLog(seabios.slice(0, size));
      const intact = ends.filter((end) => end <= size).length;
      const end = ends[intact - 1] ?? 0;
      // A cut where only zeros were left can't be told from the end of the log.
      const looksUnused = seabios.subarray(end, size).every((byte) => byte === 0);
      const isRight = read.events.length === intact && read.size === end && (read.error === null) === looksUnused;
      if (!isRight) wrong.push(size);
    }
    expect(wrong).toEqual([]);
  });
});

describe("serializeEventLog refuses", () => {
  const digest = (algorithm: number, size: number) => ({ algorithm, digest: new Uint8Array(size) });
  test.each([
    ["an empty list of digests", [specIdEvent(SPEC_ID), { ...EVENTS[1]!, digests: [] }]],
    ["a digest of another size", [specIdEvent(SPEC_ID), { ...EVENTS[1]!, digests: [digest(4, 21)] }]],
    ["an algorithm that the header doesn't name", [specIdEvent(SPEC_ID), { ...EVENTS[1]!, digests: [digest(12, 48)] }]],
    ["two digests in a SHA-1 log", [{ ...EVENTS[1]!, digests: [digest(4, 20), digest(4, 20)] }]],
    ["a SHA-256 digest in a SHA-1 log", [{ ...EVENTS[1]!, digests: [digest(11, 32)] }]],
  ])("%s", (_what, events) => {
    expect(() => serializeEventLog(events)).toThrow(RangeError);
  });

  test("vendor information of 256 bytes", () => {
    expect(() => specIdEvent({ ...SPEC_ID, vendorInfo: new Uint8Array(256) })).toThrow(RangeError);
  });
});

describe("names", () => {
  test("of event types are the specification's", () => {
    expect(eventTypeName(0x0d)).toBe("EV_IPL");
    expect(eventTypeName(0x8000_0006)).toBe("EV_EFI_GPT_EVENT");
    expect(eventTypeName(0x1234)).toBe("0x00001234");
    expect(eventTypeMeaning(0x0d)).toBe("boot loader");
    expect(eventTypeMeaning(0x1234)).toBe("unknown");
  });

  test("of hash algorithms have the digest size that the algorithm has", async () => {
    const { createHash } = await import("node:crypto");
    const nodeNames: Record<string, string> = {
      sm3_256: "sm3",
      sha3_256: "sha3-256",
      sha3_384: "sha3-384",
      sha3_512: "sha3-512",
    };
    for (const { name, size } of HASH_ALGORITHMS.values()) {
      expect(createHash(nodeNames[name] ?? name).digest()).toHaveLength(size);
    }
  });
});
