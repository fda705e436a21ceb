/** What the decoder says of a message is all of it: from the words alone the same octets can be made again. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTranscript } from "../../asm/testkit/transcript.ts";
import { commands } from "../spec/commands.ts";
import { decodeCommand, decodeResponse, type TraceField } from "./index.ts";
import { encodeFields } from "./testkit/encode.ts";
import { markedOf } from "./testkit/marked.ts";

const hex = (octets: ArrayLike<number>) => Buffer.from(Uint8Array.from(octets)).toString("hex");
const again = (fields: readonly TraceField[]) => hex(encodeFields(fields));
const octets = (text: string) => new Uint8Array(Buffer.from(text, "hex"));

describe("decoded and encoded again is the same", () => {
  const recorded = readTranscript();

  test("each command and each answer of libtpms on record", () => {
    const different: string[] = [];
    for (const { name, command, response } of recorded) {
      const asked = decodeCommand(octets(command));
      if (again(asked.fields) !== command) different.push(`${name}: ${command}`);
      const answered = decodeResponse(octets(response), octets(command));
      if (again(answered.fields) !== response) different.push(`${name}: answer ${response}`);
    }
    expect(different).toEqual([]);
    expect(recorded.length).toBeGreaterThan(8000);
  });

  test.each(commands.map((command) => [command.name, command] as const))("%s with any parameters", (_, command) => {
    fc.assert(
      fc.property(markedOf(command), (marked) => {
        expect(again(decodeCommand(marked.octets).fields)).toBe(hex(marked.octets));
        expect(again(decodeResponse(marked.response, marked.octets).fields)).toBe(hex(marked.response));
      }),
      { numRuns: 10 },
    );
  });

  test("any octets, and what is shown of them lies side by side from the first to the last", () => {
    const anyMessage = fc.tuple(
      fc.constantFrom(...commands.map(({ code }) => code)),
      fc.constantFrom(0x8001, 0x8002, 0xc4),
      fc.uint8Array({ maxLength: 80 }),
    );
    fc.assert(
      fc.property(anyMessage, fc.nat({ max: 90 }), ([code, tag, body], length) => {
        const message = new Uint8Array(10 + body.length);
        const view = new DataView(message.buffer);
        view.setUint16(0, tag);
        view.setUint32(2, message.length);
        view.setUint32(6, code);
        message.set(body, 10);
        for (const cut of [message, message.subarray(0, length)]) {
          const { fields } = decodeCommand(cut);
          expect(again(fields)).toBe(hex(cut));
          let at = 0;
          for (const { offset, size } of fields) {
            expect(offset).toBe(at);
            at += size;
          }
          expect(at).toBe(cut.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
