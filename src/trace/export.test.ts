/** Exports: what stands in them is what was traced, but for secrets. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commands } from "../spec/commands.ts";
import {
  blankCommand,
  blankResponse,
  decodeCommand,
  decodeResponse,
  formatFields,
  PcapngWriter,
  type TraceEvent,
  toPcapng,
  toTraceJson,
} from "./index.ts";
import { markedOf, shownIn } from "./testkit/marked.ts";
import { readPcapng } from "./testkit/pcapng.ts";

const anyEvent = fc.record<TraceEvent>({
  command: fc.uint8Array({ maxLength: 300 }),
  response: fc.uint8Array({ maxLength: 300 }),
  locality: fc.nat({ max: 4 }),
  own: fc.boolean(),
  startedAt: fc.integer({ min: 0, max: 4e12 }),
  duration: fc.nat({ max: 1e5 }),
});
const marked = fc.constantFrom(...commands).chain(markedOf);
const eventOf = ({ octets, response }: { octets: Uint8Array; response: Uint8Array }): TraceEvent => ({
  command: octets,
  response,
  locality: 0,
  own: false,
  startedAt: 0,
  duration: 0,
});

describe("a message without its secrets", () => {
  test("is as long, has none of them, and is decoded as before", () => {
    fc.assert(
      fc.property(marked, ({ octets, response }) => {
        const [command, answer] = [blankCommand(octets), blankResponse(response, octets)];
        expect([command.length, answer.length]).toEqual([octets.length, response.length]);
        const [asked, answered] = [decodeCommand(command), decodeResponse(answer, command)];
        expect([asked.problem, answered.problem]).toEqual([undefined, undefined]);
        const shown = formatFields([...asked.fields, ...answered.fields], { revealSecrets: true });
        expect(shownIn(shown.map(({ value }) => value).join("\n"))).toBeNull();
        const before = [...decodeCommand(octets).fields, ...decodeResponse(response, octets).fields];
        expect(formatFields([...asked.fields, ...answered.fields])).toEqual(formatFields(before));
      }),
      { numRuns: 300 },
    );
  });

  test("has zeros for all that can't be decoded", () => {
    fc.assert(
      fc.property(marked, fc.nat(), ({ octets, response }, at) => {
        const [command, answer] = [octets.subarray(0, at % octets.length), response.subarray(0, at % response.length)];
        for (const blank of [blankCommand(command), blankResponse(answer, octets)])
          expect(shownIn(new TextDecoder("latin1").decode(blank))).toBeNull();
      }),
      { numRuns: 300 },
    );
  });
});

describe("a capture", () => {
  test("has each command and each response in a segment of its own, with time, order and place", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 6 }), (events) => {
        const packets = readPcapng(toPcapng(events, { revealSecrets: true }));
        expect(packets.length).toBe(2 * events.length);
        let [sent, answered] = [1, 1];
        events.forEach((event, i) => {
          const [asked, answer] = [packets[2 * i]!, packets[2 * i + 1]!];
          expect(asked.payload).toEqual(event.command);
          expect(answer.payload).toEqual(event.response);
          expect([asked.time, answer.time]).toEqual([event.startedAt, event.startedAt + event.duration]);
          expect([asked.from, asked.to]).toEqual([answer.to, answer.from]);
          expect(asked.to).toBe(2321);
          expect(asked.from).toBeGreaterThan(asked.to);
          expect([asked.sequence, asked.acknowledged]).toEqual([sent, answered]);
          sent += event.command.length;
          expect([answer.sequence, answer.acknowledged]).toEqual([answered, sent]);
          answered += event.response.length;
          expect(asked.comment).toContain(`locality ${event.locality}`);
          expect(asked.comment.includes("sent by the host")).toBe(event.own);
        });
      }),
    );
  });

  test("is the same when it is written piece by piece, and may end behind any piece", () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 5 }), (events) => {
        const writer = new PcapngWriter();
        let file = writer.header();
        expect(readPcapng(file)).toEqual([]);
        events.forEach((event, i) => {
          file = Uint8Array.from([...file, ...writer.packetsOf(event)]);
          expect(readPcapng(file).length).toBe(2 * (i + 1));
        });
        expect(file).toEqual(toPcapng(events));
      }),
    );
  });

  test("has no secrets unless asked, in its comments neither", () => {
    fc.assert(
      fc.property(marked, (each) => {
        const file = toPcapng([eventOf(each)]);
        expect(shownIn(new TextDecoder("latin1").decode(file))).toBeNull();
        expect(readPcapng(toPcapng([eventOf(each)], { revealSecrets: true }))[0]?.payload).toEqual(each.octets);
      }),
    );
  });

  test("cuts off what no packet has room for", () => {
    const command = new Uint8Array(70_000);
    const [packet] = readPcapng(toPcapng([eventOf({ octets: command, response: new Uint8Array(10) })]));
    expect(packet?.payload.length).toBe(65_495);
  });

  test("shows what it is told of a response beside it", () => {
    const writer = new PcapngWriter();
    const octets = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x44, 0, 0);
    const event = eventOf({ octets, response: Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 1, 0) });
    const file = Uint8Array.from([...writer.header(), ...writer.packetsOf(event, "Because.")]);
    expect(readPcapng(file)[1]?.comment).toBe("Startup() -> TPM_RC_INITIALIZE\nBecause.");
  });
});

describe("as JSON", () => {
  test("a command has names, fields and codes, and no secrets unless asked", () => {
    const event = eventOf({
      octets: Uint8Array.from(
        Buffer.from(
          "8002 00000023 00000129 40000001 00000009 40000009 0000 01 0000 0006 736563726574".replaceAll(" ", ""),
          "hex",
        ),
      ),
      response: Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0xa2),
    });
    const trace = toTraceJson([event]);
    const [command] = trace.commands;
    expect(command).toMatchObject({
      name: "HierarchyChangeAuth",
      handles: ["owner"],
      startedAt: "1970-01-01T00:00:00.000Z",
      responseCode: { name: "TPM_RC_BAD_AUTH", about: "session", number: 1 },
    });
    const text = JSON.stringify(trace);
    expect(text).toContain('"meaning":["the session stays after this command"]');
    expect(text).not.toContain("736563726574");
    expect(JSON.stringify(toTraceJson([event], { revealSecrets: true }))).toContain("736563726574");
  });

  test("no secret of any command is in it", () => {
    fc.assert(
      fc.property(marked, (each) => {
        expect(shownIn(JSON.stringify(toTraceJson([eventOf(each)])))).toBeNull();
      }),
    );
    fc.assert(fc.property(anyEvent, (event) => toTraceJson([event]).commands.length === 1));
  });
});
