import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../pc/hex.ts";
import { type Message, MessageError, readMessage, shortened, writeMessage } from "./messages.ts";
import { fromBase64, fromHex, toBase64 } from "./octets.ts";

const octets = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
const orNull = <Value>(of: fc.Arbitrary<Value>) => fc.option(of, { nil: null });
const session = octets(16, 16).map(toHex);
const text = fc.string({ maxLength: 80 });
const reason = fc.record({ check: text, expected: orNull(text), seen: orNull(text), note: orNull(text) });
const kind = <Kind extends Message["kind"]>(name: Kind) => fc.constant(name);
const some = octets(1, 64);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: kind("enrolment"), session, ek: some, ak: some, ekCertificate: orNull(some) }),
  fc.record({ kind: kind("challenge"), session, nonce: octets(16, 64), credential: some }),
  fc.record({
    ...{ kind: kind("evidence"), session, answer: some, quote: some, signature: some, pcrs: some },
    ...{ log: orNull(some), ima: orNull(some) },
  }),
  fc.record({
    ...{
      kind: kind("verdict"),
      session,
      verdict: fc.constantFrom("good" as const, "bad" as const, "unknown" as const),
    },
    reasons: fc.array(reason, { maxLength: 16 }),
  }),
);
const challenge = {
  kind: "challenge",
  session: "0".repeat(32),
  nonce: new Uint8Array(20),
  credential: Uint8Array.of(1),
} as const;
const written = () => JSON.parse(writeMessage(challenge)) as Record<string, unknown>;
const refusal = (source: unknown): [string, string] => {
  try {
    readMessage(typeof source === "string" ? source : JSON.stringify(source));
  } catch (error) {
    if (error instanceof MessageError) return [error.problem, error.field];
    throw error;
  }
  return ["taken", ""];
};

describe("messages", () => {
  test("are read as they were written", () => {
    fc.assert(fc.property(message, (one) => void expect(readMessage(writeMessage(one))).toEqual(one)));
  });

  test("have one form each: what is read is written the same", () => {
    fc.assert(
      fc.property(
        message,
        fc.nat(),
        fc.string({ minLength: 1, maxLength: 1, unit: "binary-ascii" }),
        (one, place, sign) => {
          const source = writeMessage(one);
          const at = place % source.length;
          const changed = source.slice(0, at) + sign + source.slice(at + 1);
          try {
            // White space and the order of fields are JSON's business.
            expect(JSON.parse(writeMessage(readMessage(changed)))).toEqual(JSON.parse(changed));
          } catch (error) {
            expect(error).toBeInstanceOf(MessageError);
          }
        },
      ),
    );
  });

  test("are nothing else, whatever comes", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (source) => void expect(refusal(source)[0]).not.toBe("taken")),
    );
  });

  test.each([
    ["no JSON", "{", ["no-json", ""]],
    ["a list", [], ["no-json", ""]],
    ["another version", { ...written(), tabtpmAttestation: 2 }, ["other-version", ""]],
    ["no version", { kind: "challenge" }, ["other-version", ""]],
    ["a kind that there is not", { ...written(), kind: "toString" }, ["no-such-kind", ""]],
    ["a field more", { ...written(), trusted: true }, ["field", "trusted"]],
    ["a field less", { ...written(), nonce: undefined }, ["field", "nonce"]],
    ["a nonce that can be guessed", { ...written(), nonce: toBase64(new Uint8Array(15)) }, ["field", "nonce"]],
    ["a nonce that no TPM takes", { ...written(), nonce: toBase64(new Uint8Array(65)) }, ["field", "nonce"]],
    [
      "a credential that is too long",
      { ...written(), credential: toBase64(new Uint8Array(4097)) },
      ["field", "credential"],
    ],
    ["no octets", { ...written(), credential: "AQ" }, ["field", "credential"]],
    ["a session of another form", { ...written(), session: "0".repeat(31) }, ["field", "session"]],
    ["a session in capitals", { ...written(), session: "A".repeat(32) }, ["field", "session"]],
  ])("are refused with %s", (_, source, expected) => {
    expect(refusal(source)).toEqual(expected);
  });

  test("may be 16 MiB long", () => {
    const source = JSON.stringify(written());
    expect(refusal(source)[0]).toBe("taken");
    expect(refusal(source.padEnd(16 * 1024 * 1024 + 1))).toEqual(["too-long", ""]);
  });

  test("have reasons that fit, however much a finding says", () => {
    const long = shortened({ check: "ima", expected: null, seen: "x".repeat(5000), note: null });
    const verdict = { kind: "verdict", session: challenge.session, verdict: "bad", reasons: [long] } as const;
    expect(readMessage(writeMessage(verdict))).toEqual(verdict);
  });
});

describe("octets in text", () => {
  test("are what Node makes of them", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (given) => {
        expect(toBase64(given)).toBe(Buffer.from(given).toString("base64"));
        expect(toHex(given)).toBe(Buffer.from(given).toString("hex"));
        expect(fromBase64(toBase64(given))).toEqual(given);
        expect(fromHex(toHex(given))).toEqual(given);
      }),
    );
  });

  test.each(["A", "AB==", "AAB=", "AA=A", "A A=", "AA==AA==", "é==="])("are not written as %s", (source) => {
    expect(fromBase64(source)).toBeNull();
  });
});
