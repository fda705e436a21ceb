/** What the tables call secret is shown by nothing that prints commands, however wrong the command is. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commandNamed, commandRows, commands } from "../spec/commands.ts";
import { decodeCommand, decodeResponse, formatFields, summarizeCommand } from "./index.ts";
import { markedOf, shownIn } from "./testkit/marked.ts";

/** All that can be printed of a command and its response without asking for secrets. */
function everything(octets: Uint8Array, response: Uint8Array): string {
  const asked = decodeCommand(octets);
  const answered = decodeResponse(response, octets);
  return [
    ...formatFields([...asked.fields, ...answered.fields]).map(({ name, value }) => `${name}: ${value}`),
    asked.problem,
    answered.problem,
    summarizeCommand(octets),
    summarizeCommand(octets, response),
  ].join("\n");
}

/** One fault: cut short, longer, another tag, or another octet anywhere but in the code, which makes another command of it. */
const anyFault = fc.record({
  kind: fc.constantFrom("cut", "surplus", "tag", "octet"),
  at: fc.nat(),
  octet: fc.nat({ max: 255 }),
});
function faulty(octets: Uint8Array, { kind, at, octet }: { kind: string; at: number; octet: number }): Uint8Array {
  const changed = Uint8Array.from(octets);
  if (kind === "cut") return changed.subarray(0, at % octets.length);
  if (kind === "surplus") return Uint8Array.from([...octets, ...octets.subarray(-1 - (at % octets.length))]);
  if (kind === "tag") changed[1] = octet;
  else if (octets.length > 10) changed[10 + (at % (octets.length - 10))] = octet;
  return changed;
}

describe.each(commands.map((command) => [command.name, command] as const))(
  "a marker in each secret of %s",
  (_, command) => {
    test("is there, in a command and a response that are whole", () => {
      fc.assert(
        fc.property(markedOf(command), (marked) => {
          const decoded = [decodeCommand(marked.octets), decodeResponse(marked.response, marked.octets)];
          expect(decoded.map(({ problem }) => problem)).toEqual([undefined, undefined]);
          const fields = decoded.flatMap((message) => message.fields);
          const revealed = formatFields(fields, { revealSecrets: true });
          for (const { name, type, value, secret } of revealed)
            if (secret && type.startsWith("TPM2B_") && value !== "") expect(shownIn(value), name).not.toBeNull();
        }),
        { numRuns: 6 },
      );
    });

    test("is never shown unasked", () => {
      fc.assert(
        fc.property(markedOf(command), (marked) => {
          expect(shownIn(everything(marked.octets, marked.response))).toBeNull();
        }),
        { numRuns: 6 },
      );
    });

    test("is never shown when command or response is wrong in one place", () => {
      fc.assert(
        fc.property(markedOf(command), anyFault, anyFault, (marked, inCommand, inResponse) => {
          const octets = faulty(marked.octets, inCommand);
          const response = faulty(marked.response, inResponse);
          expect(shownIn(everything(octets, response))).toBeNull();
          // The command as it should be, so that its response is decoded at all.
          expect(shownIn(everything(marked.octets, response))).toBeNull();
        }),
        { numRuns: 12 },
      );
    });
  },
);

describe("the tables", () => {
  test("decide for every parameter of every command and response whether it is secret", () => {
    for (const [name, row] of Object.entries(commandRows)) {
      const { parameters = [], response = [] } = row as { parameters?: string[]; response?: string[] };
      for (const text of [...parameters, ...response]) expect(text, name).toMatch(/^(secret|public) \w+: /);
    }
  });

  test.each([
    ["NV_Write", "data"],
    ["NV_Extend", "data"],
    ["NV_SetBits", "bits"],
    ["NV_Read", "data"],
    ["NV_Certify", "certifyInfo"],
    ["PolicyNV", "operandB"],
    ["PolicySecret", "policyTicket"],
    ["PolicyTicket", "ticket"],
    ["Hash", "data"],
    ["HMAC", "buffer", "outHMAC"],
    ["MAC", "buffer", "outMAC"],
    ["SequenceUpdate", "buffer"],
    ["SequenceComplete", "buffer", "result"],
    ["EventSequenceComplete", "buffer"],
    ["PCR_Event", "eventData"],
    ["StirRandom", "inData"],
    ["GetRandom", "randomBytes"],
    ["Unseal", "outData"],
    ["RSA_Decrypt", "message"],
    ["EncryptDecrypt", "inData", "outData", "ivOut"],
    ["EncryptDecrypt2", "inData", "outData", "ivOut"],
    ["ECDH_ZGen", "outPoint"],
    ["Import", "encryptionKey", "duplicate"],
    ["Create", "inSensitive"],
    ["LoadExternal", "inPrivate"],
    ["ActivateCredential", "certInfo"],
    ["MakeCredential", "credential"],
  ])("call secret what %s has of it", (name, ...secrets) => {
    const { parameters, response } = commandNamed(name);
    const marked = [...parameters, ...response].filter(({ secret }) => secret).map((field) => field.name);
    expect(marked).toEqual(expect.arrayContaining(secrets));
  });

  test("leave in the open what anybody may see", () => {
    for (const name of ["PCR_Extend", "PCR_Read", "Quote", "ReadPublic", "NV_ReadPublic", "GetCapability", "Startup"]) {
      const { parameters, response } = commandNamed(name);
      expect(
        [...parameters, ...response].filter(({ secret }) => secret),
        name,
      ).toEqual([]);
    }
  });
});
