import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commands } from "../../spec/commands.ts";
import { MAX_OPERANDS, operandsOf, type Refusal, refusal, refusalNames, refusalOf } from "../../spec/refusals.ts";
import { responseCodes } from "../../spec/responseCodes.ts";
import { markedOf, shownIn } from "../testkit/marked.ts";
import { english } from "./english.ts";
import { explainRefusal, placeholdersOf } from "./explain.ts";

const response = (rc: number): Uint8Array => {
  const octets = new Uint8Array(10);
  const view = new DataView(octets.buffer);
  view.setUint16(0, 0x8001);
  view.setUint32(2, 10);
  view.setUint32(6, rc);
  return octets;
};
const hex = (text: string) => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const explain = (command: string, rc: number, reason: Refusal | null = null) =>
  explainRefusal({ command: hex(command), response: response(rc), reason });
/** TPM2_GetRandom(4) */
const GET_RANDOM = "8001 0000000c 0000017b 0004";

describe("the table of checks", () => {
  it("has no more operands than the core notes", () => {
    for (const name of refusalNames) expect(operandsOf(name).length).toBeLessThanOrEqual(MAX_OPERANDS);
  });

  it("names a note's values, and knows no other checks", () => {
    const number = refusalNames.indexOf("HEADER_SIZE") + 1;
    expect(refusalOf(number, [12, -1])).toEqual({ check: "HEADER_SIZE", operands: { declared: 12, size: 0xffffffff } });
    expect(refusalOf(0, [])).toBeNull();
    expect(refusalOf(refusalNames.length + 1, [])).toBeNull();
  });
});

describe("sentences", () => {
  it.each(refusalNames)("%s: says all that was noted, and nothing else", (name) => {
    const sentence = english.sentences[name];
    const said = [...sentence.matchAll(/\{(\w+)\}/g)].map(([, placeholder]) => placeholder ?? "");
    expect(said.filter((placeholder) => !placeholdersOf(name).includes(placeholder))).toEqual([]);
    expect(sentence).toMatch(/[.]$/);
  });

  it("say which try it was, and what the next one brings", () => {
    const wrong = (tries: number) =>
      explain(GET_RANDOM, 0x98e, refusal("HMAC_WRONG_COUNTED", { session: 1, entity: 0x80000001, tries, maxTries: 3 }));
    expect(wrong(1)?.text).toBe("The HMAC of session 1 does not fit authValue of object 80000001. Try 1 of 3.");
    expect(wrong(2)?.text).toMatch(/Try 2 of 3; the next one begins the lockout\.$/);
    expect(wrong(3)).toEqual({
      kind: "noted",
      text: "The HMAC of session 1 does not fit authValue of object 80000001. That was try 3 of 3: the lockout has begun.",
    });
  });

  it("say when a lockout ends, or that it does not", () => {
    const locked = (seconds: number) => explain(GET_RANDOM, 0x921, refusal("LOCKOUT_AUTH_LOCKED", { seconds }))?.text;
    expect(locked(1)).toMatch(/It ends in 1 second\.$/);
    expect(locked(0xffffffff)).toMatch(/It does not end by itself\.$/);
  });

  it("keep the specification's names as they are", () => {
    const text = explain(GET_RANDOM, 0x142, refusal("HEADER_SIZE", { declared: 1, size: 12 }))?.text;
    expect(text).toBe("commandSize says 1 octet, but the command has 12 octets.");
  });
});

describe("the field that was refused", () => {
  const refused = (command: string, rc: number, position: number) =>
    explain(command, rc, refusal("PARAMETER_VALUE", { position }))?.text;

  it("has its name, its value, and what may stand there", () => {
    // TPM2_Startup with a type that there is not.
    expect(refused("8001 0000000c 00000144 0002", 0x1c4, 12)).toBe(
      "The field startupType (TPM_SU) can't be 0x0002; permitted: TPM_SU_CLEAR, TPM_SU_STATE.",
    );
  });

  it("is missing where the command ends before it", () => {
    expect(refused("8001 0000000b 0000017b 00", 0x1da, 10)).toBe("The command ends before bytesRequested (UINT16).");
  });

  it("is inside a structure: a selection of PCRs with a hash that there is not", () => {
    // TPM2_PCR_Read of one selection.
    expect(refused("8001 00000014 0000017e 00000001 1234 03 000001", 0x1c3, 16)).toMatch(
      /^The field pcrSelectionIn\.pcrSelections\[0\]\.hash \(TPMI_ALG_HASH\) can't be 0x1234; permitted: TPM_ALG_SHA1/,
    );
  });

  it("is a size that does not fit", () => {
    // TPM2_StirRandom with more than it takes.
    expect(refused("8001 0000000e 00000146 1000 0000", 0x1d5, 12)).toBe(
      "The size of inData (TPM2B_SENSITIVE_DATA) does not fit.",
    );
  });

  it("shows nothing of what is secret, of a command whole or cut short", () => {
    for (const command of commands) {
      fc.assert(
        fc.property(markedOf(command), fc.nat(), fc.nat(), ({ octets }, cut, at) => {
          for (const sent of [octets, octets.subarray(0, cut % octets.length)]) {
            const reason = refusal("PARAMETER_VALUE", { position: at % (octets.length + 1) });
            for (const rc of [0x1c4, 0x1d5, 0x1da]) {
              const explained = explainRefusal({ command: sent, response: response(rc), reason });
              expect(shownIn(explained?.text ?? "")).toBeNull();
            }
          }
        }),
        { numRuns: 10 },
      );
    }
  });
});

describe("without a note", () => {
  it("the response code is explained, and said to be general", () => {
    expect(explain(GET_RANDOM, 0x1d5)).toEqual({
      kind: "general",
      text: "Parameter 1 (bytesRequested): the structure has a wrong size.",
    });
  });

  it("every code has a sentence", () => {
    for (const [code] of Object.values(responseCodes)) {
      const reason = explain(GET_RANDOM, code);
      if (code === 0) expect(reason).toBeNull();
      else expect(reason?.text).toMatch(/^[A-Z_].*\.$/);
    }
  });
});

it("nothing throws, whatever the octets are", () => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc
      .tuple(fc.constantFrom(...commands), fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 60 }))
      .map(
        ([{ code }, tag, rest]) =>
          new Uint8Array([0x80, tag, 0, 0, 0, 10 + rest.length, 0, 0, code >> 8, code & 255, ...rest]),
      ),
  );
  const reason = fc.oneof(
    fc.constant(null),
    fc
      .tuple(fc.integer({ min: 1, max: refusalNames.length }), fc.array(fc.nat(), { minLength: 4, maxLength: 4 }))
      .map(([check, values]) => refusalOf(check, values)),
    fc.nat(80).map((position) => refusal("PARAMETER_VALUE", { position })),
  );
  fc.assert(
    fc.property(octets, fc.uint8Array({ maxLength: 20 }), fc.nat(0xfff), reason, (command, rest, rc, noted) => {
      const answered = rest.length < 10 ? response(rc) : rest;
      const explained = explainRefusal({ command, response: answered, reason: noted });
      if (explained !== null) expect(explained.text).not.toMatch(/[{}]|undefined|NaN/);
    }),
    { numRuns: 500 },
  );
});

describe("a code that Part 3 names for a command", () => {
  it("says what it means there", () => {
    const unseal = "8002 0000001b 0000015e 80000000 00000009 40000009 0000 01 0000";
    expect(explain(unseal, 0x18a)?.text).toBe("Handle 1 (itemHandle): itemHandle is no sealed data.");
    // Of a session it is the same as everywhere.
    expect(explain(unseal, 0x982)?.text).toBe("Session 1: the attributes contradict each other or the use.");
  });
});
