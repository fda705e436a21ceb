/** The logs are SeaBIOS' and the guest's own: recorded, not made here. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseEventLog, readEventLog, serializeEventLog, type TcgEvent } from "../firmware/eventLog.ts";
import { replayEventLog } from "../firmware/eventLogReplay.ts";
import * as types from "../firmware/eventTypes.ts";
import { anyEventLog, logHeader } from "../firmware/testkit/eventLogs.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { BOUND_BY_NO_DIGEST, describeFields, EVENT_FIELDS, EVENT_HEADER } from "./eventFields.ts";
import { checkEventLog, MAX_LOG_SIZE, type QuotedPcrs } from "./eventLogEvidence.ts";
import { eventFieldAt } from "./testkit/eventFieldAt.ts";

const { TPM_ALG_SHA1: SHA1, TPM_ALG_SHA256: SHA256, TPM_ALG_SHA384: SHA384, TPM_ALG_SM3_256: SM3 } = TPM_ALG;
const recorded = (url: string) => new Uint8Array(readFileSync(new URL(url, import.meta.url)));
const GUEST = recorded("../history/testdata/event-log.bin");

/** What a TPM that was extended with the log's digests would quote. */
const quoteOf = async (log: Uint8Array): Promise<QuotedPcrs> => replayEventLog(parseEventLog(log).events);
const guestQuote = await quoteOf(GUEST);

const sha256 = async (data: Uint8Array) => new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(data)));
const text = (characters: string) => new TextEncoder().encode(characters);
const HEADER = logHeader(SHA256);
const event = async (pcrIndex: number, type: number, data: Uint8Array, hashed = data): Promise<TcgEvent> => ({
  pcrIndex,
  type,
  digests: [{ algorithm: SHA256, digest: await sha256(hashed) }],
  data,
});
async function checkEvents(...events: TcgEvent[]) {
  const log = serializeEventLog([HEADER, ...events]);
  return checkEventLog(log, await quoteOf(log), SHA256);
}

describe("a log is held against quoted PCRs", () => {
  test.each([SHA1, SHA256, SHA384])("the guest's own in bank %i", async (bank) => {
    const { finding, accepted, events } = await checkEventLog(GUEST, guestQuote, bank);
    expect(finding.verdict).toBe("good");
    expect([...accepted]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(events).toHaveLength(parseEventLog(GUEST).events.length);
  });

  test("that of a conventional BIOS in its form with SHA-1 alone", async () => {
    const events = parseEventLog(recorded("../firmware/testdata/seabios-event-log.bin")).events.slice(1);
    const log = serializeEventLog(events.map((one) => ({ ...one, digests: one.digests.slice(0, 1) })));
    const { finding } = await checkEventLog(log, await quoteOf(log), SHA1);
    expect(finding.verdict).toBe("good");
    expect((await checkEventLog(log, guestQuote, SHA256)).finding.verdict).toBe("bad");
  });

  test("one PCR that differs is named, and the others are accepted", async () => {
    const bank = new Map(guestQuote.get(SHA256)!).set(8, new Uint8Array(32));
    const { finding, accepted } = await checkEventLog(GUEST, new Map([[SHA256, bank]]), SHA256);
    expect(finding.verdict).toBe("bad");
    expect(finding.findings.filter(({ verdict }) => verdict !== "good").map(({ check }) => check)).toEqual([
      "eventLog.pcr.8",
    ]);
    expect(accepted.has(8)).toBe(false);
    expect(accepted.size).toBe(9);
  });

  test("nothing is good where nothing is quoted that it extends", async () => {
    const quoted: QuotedPcrs = new Map([[SHA256, new Map([[23, new Uint8Array(32)]])]]);
    expect((await checkEventLog(GUEST, quoted, SHA256)).finding.verdict).toBe("unknown");
    expect((await checkEventLog(GUEST, guestQuote, SM3)).finding.verdict).not.toBe("good");
    expect((await checkEventLog(new Uint8Array(0), guestQuote, SHA256)).finding.verdict).toBe("bad");
  });

  test("the locality that PCR 0 begins with shows in its value", async () => {
    const locality = {
      pcrIndex: 0,
      type: types.EV_NO_ACTION,
      data: Uint8Array.from([...text("StartupLocality\0"), 3]),
    };
    const note = { ...locality, digests: [{ algorithm: SHA256, digest: new Uint8Array(32) }] };
    const version = await event(0, types.EV_S_CRTM_VERSION, text("1.0"));
    const log = serializeEventLog([HEADER, note, version]);
    const quoted = await quoteOf(log);
    const { finding } = await checkEventLog(log, quoted, SHA256);
    expect(finding.verdict).toBe("good");
    expect(finding.findings[1]!.note).toContain("PCR 0 began with 3");
    const without = serializeEventLog([HEADER, version]);
    expect((await checkEventLog(without, quoted, SHA256)).finding.verdict).toBe("bad");
  });
});

describe("an event", () => {
  test.each<[string, number, number, Uint8Array, Uint8Array | undefined, string | null]>([
    ["a text that is hashed", 8, types.EV_IPL, text("quiet"), undefined, "data"],
    ["GRUB's text", 8, types.EV_IPL, text("kernel_cmdline: quiet\0"), text("quiet"), "text behind the label"],
    ["a file's name", 9, types.EV_IPL, text("/vmlinuz"), text("\u007fELF"), null],
    ["code", 0, types.EV_EFI_PLATFORM_FIRMWARE_BLOB, new Uint8Array(16), text("code"), null],
    [
      "an action",
      4,
      types.EV_EFI_ACTION,
      text("Calling EFI Application\0"),
      text("Calling EFI Application"),
      "data but for their last octet",
    ],
    ["a type without a name", 1, 0x1234, text("what"), undefined, "data"],
  ])("may be %s", async (_what, pcr, type, data, hashed, bound) => {
    const { finding, events } = await checkEvents(await event(pcr, type, data, hashed));
    expect(finding.verdict).toBe("good");
    expect(events[1]!.form?.bound ?? null).toBe(bound);
    if (bound !== "data") expect(events[1]!.finding.note).toContain(BOUND_BY_NO_DIGEST);
  });

  test.each(
    EVENT_FIELDS.filter(({ binding }) => binding === "must").map(({ type }) => [types.eventTypeName(type), type]),
  )("of type %s with another digest is bad", async (_name, type) => {
    const { finding, events } = await checkEvents(await event(1, Number(type), text("said"), text("measured")));
    expect([finding.verdict, events[1]!.finding.verdict]).toEqual(["bad", "bad"]);
  });

  test("with the digest of a separator after an error is bad, whatever its data say", async () => {
    const error = Uint8Array.of(1, 0, 0, 0);
    for (const data of [error, text("no option ROMs")]) {
      const { finding } = await checkEvents(await event(7, types.EV_SEPARATOR, data, error));
      expect(finding.verdict).toBe("bad");
    }
  });

  test("without a digest of the bank, or with two, is bad", async () => {
    const one = await event(4, types.EV_ACTION, text("go"));
    const twice = { ...one, digests: [one.digests[0]!, one.digests[0]!] };
    const both = logHeader(SHA1, SHA256);
    const other = { ...one, digests: [{ algorithm: SHA1, digest: new Uint8Array(20) }] };
    for (const log of [serializeEventLog([both, twice]), serializeEventLog([both, one, other])]) {
      expect((await checkEventLog(log, await quoteOf(log), SHA256)).finding.verdict).toBe("bad");
    }
  });
});

describe("the order of events is bound", () => {
  const [header, ...rest] = parseEventLog(GUEST).events as [TcgEvent, ...TcgEvent[]];
  const at = rest.findIndex(({ type }) => type === types.EV_IPL);
  const changed: [string, TcgEvent[]][] = [
    ["left out", rest.toSpliced(at, 1)],
    ["there twice", rest.toSpliced(at, 0, rest[at]!)],
    ["of another boot", rest.toSpliced(at, 1, { ...rest[at]!, digests: rest[at - 1]!.digests })],
    ["in another PCR", rest.toSpliced(at, 1, { ...rest[at]!, pcrIndex: 23 })],
    ["said to be extended nowhere", rest.toSpliced(at, 1, { ...rest[at]!, type: types.EV_NO_ACTION })],
    ["behind the next of its PCR", [...rest.toSpliced(at, 1), rest[at]!]],
  ];
  test.each(changed)("one that is %s is refused", async (_what, events) => {
    const { finding } = await checkEventLog(serializeEventLog([header, ...events]), guestQuote, SHA256);
    expect(finding.verdict).toBe("bad");
    expect(finding.findings.filter(({ verdict }) => verdict === "bad").map(({ check }) => check)).toEqual([
      `eventLog.pcr.${rest[at]!.pcrIndex}`,
    ]);
  });
});

describe("every octet of a log", () => {
  test("that is changed makes it refused, or lies in a field that no verdict rests on", async () => {
    const kept = new Map<string, number>();
    for (let at = 0; at < GUEST.length; at++) {
      const changed = GUEST.with(at, GUEST[at]! ^ 0x01);
      const { finding, events } = await checkEventLog(changed, guestQuote, SHA256);
      if (finding.verdict !== "good") continue;
      const field = eventFieldAt(GUEST, at, SHA256);
      kept.set(field.name, (kept.get(field.name) ?? 0) + 1);
      // What is left of the log after the change still says so of this very field.
      if (field.name === "data") {
        expect(events[field.event]!.finding.note).toContain(BOUND_BY_NO_DIGEST);
        const form = events[field.event]!.form;
        expect(form === null || form.unbound !== null).toBe(true);
      } else expect(finding.note).toContain(BOUND_BY_NO_DIGEST);
    }
    expect([...kept.keys()].sort()).toEqual(["data", "digest of another bank", "event type", "log header"]);
  });
});

test("a log that ends anywhere before its end accounts for no PCR of which it lacks an event", async () => {
  const { events } = parseEventLog(GUEST);
  let whole = 0;
  for (let size = 0; size < GUEST.length; size++) {
    const { finding, accepted } = await checkEventLog(GUEST.subarray(0, size), guestQuote, SHA256);
    const cut = readEventLog(GUEST.subarray(0, size)).events.length;
    const pcrsOf = (some: readonly TcgEvent[]) =>
      new Set(some.filter(({ type }) => type !== types.EV_NO_ACTION).map(({ pcrIndex }) => pcrIndex));
    const [there, lacking] = [pcrsOf(events.slice(0, cut)), pcrsOf(events.slice(cut))];
    expect([size, [...lacking].filter((pcr) => accepted.has(pcr))]).toEqual([size, []]);
    // Good is what is said of the others: a PCR without any event may have been extended by somebody else.
    if (finding.verdict !== "good") continue;
    expect([size, [...lacking].filter((pcr) => there.has(pcr))]).toEqual([size, []]);
    whole++;
  }
  expect(whole).toBeLessThan(events.length);
});

test("StartupLocality counts before the first event of PCR 0 alone, and only where the replay comes to it", async () => {
  const locality = (value: number, pcrIndex = 0): TcgEvent => ({
    pcrIndex,
    type: types.EV_NO_ACTION,
    digests: [{ algorithm: SHA256, digest: new Uint8Array(32).fill(0xee) }],
    data: Uint8Array.from([...text("StartupLocality\0"), value]),
  });
  const first = await event(0, types.EV_S_CRTM_VERSION, text("1"));
  const second = await event(0, types.EV_SEPARATOR, new Uint8Array(4));
  const started = await quoteOf(serializeEventLog([HEADER, locality(3), first, second]));
  const plain = await quoteOf(serializeEventLog([HEADER, first, second]));
  const verdict = async (quoted: QuotedPcrs, ...events: TcgEvent[]) =>
    (await checkEventLog(serializeEventLog([HEADER, ...events]), quoted, SHA256)).finding.verdict;
  expect(await verdict(started, locality(3), first, second)).toBe("good");
  for (const events of [
    [first, second],
    [first, locality(3), second],
    [locality(0), locality(3), first, second],
    [locality(4), first, second],
    [locality(3, 1), first, second],
  ])
    expect(await verdict(started, ...events)).toBe("bad");
  expect(await verdict(plain, locality(3), first, second)).toBe("bad");
  // Too late, it says nothing: and nothing of it is extended, its digest neither.
  expect(await verdict(plain, first, locality(3), second, locality(4))).toBe("good");
});

test("a log that is larger than any is refused by its size", async () => {
  const { finding } = await checkEventLog(new Uint8Array(MAX_LOG_SIZE + 1), guestQuote, SHA256);
  expect(finding.verdict).toBe("bad");
  expect(finding.findings[0]!.expected).toContain(`at most ${MAX_LOG_SIZE} octets`);
});

test("a hostile log of any octets has an answer, and it is not good", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (octets) => {
      expect((await checkEventLog(octets, guestQuote, SHA256)).finding.verdict).not.toBe("good");
    }),
    { numRuns: 300 },
  );
});

test("a log that was replayed into the quote accounts for each PCR, whatever its data are", async () => {
  await fc.assert(
    fc.asyncProperty(anyEventLog(fc.constantFrom(types.EV_IPL, types.EV_EVENT_TAG, 0x1234)), async (events) => {
      const log = serializeEventLog(events);
      const quoted = await replayEventLog(events);
      for (const [bank, pcrs] of quoted) {
        const { accepted, finding } = await checkEventLog(log, quoted, bank);
        if (finding.verdict === "good") expect([...accepted].sort()).toEqual([...pcrs.keys()].sort());
        else expect(events.some(({ digests }) => !digests.some(({ algorithm }) => algorithm === bank))).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test("the fields that no digest binds, by the event's type", () => {
  expect(EVENT_HEADER.filter(({ boundBy }) => boundBy === null).map(({ field }) => field)).toEqual([
    "eventType",
    "digests of other banks",
  ]);
  const named = Object.values(types).flatMap((value) => (typeof value === "number" ? [Number(value)] : []));
  expect(EVENT_FIELDS.map(({ type }) => type)).toEqual(named.sort((a, b) => a - b));
  const lines = EVENT_FIELDS.map((row) => {
    const { bound, unbound } = describeFields(row);
    return `| ${types.eventTypeName(row.type)} | ${bound} | ${unbound} |`;
  });
  // The same table as the documentation has.
  const docs = readFileSync(new URL("../../docs/attest.md", import.meta.url), "utf8");
  expect(docs).toContain(lines.join("\n"));
});
