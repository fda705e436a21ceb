import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TPM_CC } from "../../spec/commands.ts";
import { TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS } from "../../spec/header.ts";
import { ByteReader, EndOfStream } from "../net/byteReader.ts";
import { OVERSIZED } from "../net/commandFrame.ts";
import { ProtocolError, u32 } from "../net/connection.ts";
import { bare } from "../testkit/messages.ts";
import { type DataMessage, serveData, takeDataMessage } from "./dataChannel.ts";

const idle = { pause: () => {}, resume: () => {} };

/** A command header that says `size`, and as many bytes. */
function message(tag: number, size: number, length = size): Uint8Array {
  const bytes = new Uint8Array(length).fill(0xab);
  bytes.set([tag >> 8, tag & 0xff, ...u32(size), ...u32(TPM_CC.TPM_CC_GetRandom)].slice(0, length));
  return bytes;
}
const framed = (locality: number, command: Uint8Array) =>
  Uint8Array.from([...u32(8), locality, ...u32(command.length), ...command]);

async function readAll(chunks: Uint8Array[]): Promise<DataMessage[]> {
  const reader = new ByteReader(idle);
  for (const chunk of chunks) reader.push(chunk);
  reader.end();
  const messages: DataMessage[] = [];
  try {
    for (;;) messages.push(await takeDataMessage(reader));
  } catch (error) {
    if (error instanceof EndOfStream || error instanceof ProtocolError) return messages;
    throw error;
  }
}

/** Cuts at each of the places. */
function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const ends = [...new Set([...places.map((place) => place % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const anyMessage = fc.record({
  tag: fc.constantFrom(TPM_ST_NO_SESSIONS, TPM_ST_SESSIONS, 0x00c1, 0xffff),
  size: fc.integer({ min: 10, max: 200 }),
  locality: fc.option(fc.nat({ max: 255 })),
});

describe("the data channel's messages", () => {
  it("are found again in every split, bare and framed ones mixed, several in a segment", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyMessage, { maxLength: 8 }), fc.array(fc.nat(2000)), async (wanted, places) => {
        const commands = wanted.map(({ tag, size }) => message(tag, size));
        const stream = wanted.map(({ locality }, i) => {
          const command = commands[i] as Uint8Array;
          return locality === null ? command : framed(locality, command);
        });
        const got = await readAll(cut(Uint8Array.from(stream.flatMap((bytes) => [...bytes])), places));
        expect(got).toEqual(
          wanted.map(({ locality }, i) => ({ command: commands[i], locality, isLast: false }) satisfies object),
        );
      }),
    );
  });

  it("of any garbage end, or are refused", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 })), async (chunks) => {
        for (const { command } of await readAll(chunks)) {
          if (command !== OVERSIZED) expect(command.length).toBeLessThanOrEqual(4096);
        }
      }),
    );
  });

  it("that are too long are passed over, and absurd ones end the connection, without memory for them", async () => {
    const after = message(TPM_ST_NO_SESSIONS, 12);
    expect(
      await readAll([message(TPM_ST_NO_SESSIONS, 5000), after, framed(2, message(TPM_ST_NO_SESSIONS, 4097)), after]),
    ).toEqual([
      { command: OVERSIZED, locality: null, isLast: false },
      { command: after, locality: null, isLast: false },
      { command: OVERSIZED, locality: 2, isLast: false },
      { command: after, locality: null, isLast: false },
    ]);
    expect(await readAll([message(TPM_ST_NO_SESSIONS, 0xffffffff, 10), after])).toMatchObject([
      { command: OVERSIZED, isLast: true },
      {},
    ]);
    expect(await readAll([Uint8Array.from([...u32(8), 0, ...u32(0xffffffff), ...after])])).toEqual([]);
    expect(await readAll([message(TPM_ST_NO_SESSIONS, 9, 10)])).toMatchObject([{ isLast: true }]);
  });
});

describe("the data channel", () => {
  async function converse(bytes: Uint8Array, disconnect = false): Promise<Uint8Array[]> {
    const reader = new ByteReader(idle);
    reader.push(bytes);
    reader.end();
    const writes: Uint8Array[] = [];
    const write = async (...parts: Uint8Array[]) => {
      writes.push(Uint8Array.from(parts.flatMap((part) => [...part])));
    };
    const execute = async (command: Uint8Array) => command.slice(6, 10);
    await serveData({ reader, write }, { execute, disconnect }).catch(() => {});
    return writes;
  }
  const command = message(TPM_ST_NO_SESSIONS, 12);
  const answer = u32(TPM_CC.TPM_CC_GetRandom);

  it("answers each command in one write, framed as it came", async () => {
    expect(await converse(Uint8Array.from([...command, ...framed(0, command)]))).toEqual([
      answer,
      Uint8Array.of(0, 0, 0, 4, ...answer, 0, 0, 0, 0),
    ]);
  });

  it("closes after one response when told, and after a command whose end nobody knows", async () => {
    expect(await converse(Uint8Array.from([...command, ...command]), true)).toEqual([answer]);
    const [refusal, ...more] = await converse(
      Uint8Array.from([...message(TPM_ST_NO_SESSIONS, 0x7fffffff, 10), ...command]),
    );
    expect(Buffer.from(refusal as Uint8Array).toString("hex")).toBe(bare("TPM_RC_COMMAND_SIZE"));
    expect(more).toEqual([]);
  });
});
