import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { commands, TPM_CC } from "../spec/commands.ts";
import { decodeCommand, decodeResponse, decodeResponseCode, formatFields, summarizeCommand } from "./index.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const lines = (fields: Parameters<typeof formatFields>[0], options = {}) =>
  formatFields(fields, options).map(({ name, value, depth }) => `${"  ".repeat(depth)}${name}: ${value}`);

const STARTUP = bytes("8001 0000000c 00000144 0000");
const PCR_EXTEND = bytes(
  `8002 00000041 00000182 00000010 00000009 40000009 0000 01 0000 00000001 000b ${"ab".repeat(32)}`,
);
const CHANGE_AUTH = bytes("8002 00000025 00000129 40000001 00000009 40000009 0000 00 0000 0006 736563726574");

describe("a command", () => {
  test("is named, with its parameters in words", () => {
    const { name, fields, problem } = decodeCommand(STARTUP);
    expect(name).toBe("Startup");
    expect(problem).toBeUndefined();
    expect(lines(fields)).toEqual([
      "tag: TPM_ST_NO_SESSIONS",
      "commandSize: 12",
      "commandCode: TPM_CC_Startup",
      "startupType: TPM_SU_CLEAR",
    ]);
  });

  test("shows handles, sessions and nested structures", () => {
    const { fields, problem } = decodeCommand(PCR_EXTEND);
    expect(problem).toBeUndefined();
    expect(lines(fields)).toEqual([
      "tag: TPM_ST_SESSIONS",
      "commandSize: 65",
      "commandCode: TPM_CC_PCR_Extend",
      "pcrHandle: PCR 16",
      "authorizationSize: 9",
      "session[0]: ",
      "  sessionHandle: TPM_RS_PW",
      "  nonce: ",
      "  sessionAttributes: continueSession",
      "  hmac: (secret, 2 octets)",
      "digests: ",
      "  digests[0]: ",
      "    hashAlg: TPM_ALG_SHA256",
      `    digest: ${"ab".repeat(32)}`,
    ]);
  });

  test("hides secrets unless asked", () => {
    const { fields } = decodeCommand(CHANGE_AUTH);
    expect(lines(fields).join("\n")).not.toContain("736563726574");
    expect(lines(fields)).toContain("newAuth: (secret, 8 octets)");
    expect(lines(fields, { revealSecrets: true })).toContain("newAuth: 736563726574");
  });

  test("with a session that encrypts shows the first parameter as it came, a secret one only if asked", () => {
    const encrypted = bytes("8002 00000025 00000129 40000001 00000009 02000000 0000 20 0000 0006 0badc0de0bad");
    const { fields } = decodeCommand(encrypted);
    expect(lines(fields, { revealSecrets: true })).toContain("newAuth: 0badc0de0bad (encrypted)");
    expect(lines(fields)).toContain("newAuth: (secret, 8 octets)");
    const publicOne = bytes("8002 00000023 00000173 80000001 00000009 02000000 0000 40 0000");
    const response = bytes("8002 0000001c 00000000 00000009 0003 0badc0 0000 0000 0000 40 0000");
    expect(lines(decodeResponse(response, publicOne).fields)).toContain("outPublic: 0badc0 (encrypted)");
  });

  test("that ends early says where", () => {
    const { fields, problem } = decodeCommand(PCR_EXTEND.subarray(0, 50));
    expect(problem).toMatch(/digest needs 32 octets at offset 33, but 17 octets are left/);
    expect(lines(fields)).toContain("pcrHandle: PCR 16");
  });

  test("with octets to spare, a wrong size or an unknown code says so", () => {
    const spare = Uint8Array.from([...STARTUP, 1, 2]);
    expect(lines(decodeCommand(spare).fields, { revealSecrets: true })).toContain("surplus octets: 0102");
    expect(decodeCommand(spare).problem).toBe("commandSize says 12, but 14 octets came");
    spare[5] = 14;
    expect(decodeCommand(spare).problem).toBe("2 octets too many at offset 12");
    expect(decodeCommand(bytes("8001 0000000a 00000fff")).problem).toBe("there is no command with the code 0x00000fff");
  });

  test.each([
    ["that needs a session and has none", "8001 00000016 00000129 40000001 0006 736563726574", "needs a session"],
    ["that takes no sessions and has one", "8002 00000010 00000144 00000000 0000", "takes no sessions"],
    ["with the tag of a response", "00c4 00000016 00000129 40000001 0006 736563726574", "tag is neither"],
    ["without its authorization area", "8002 00000016 00000129 40000001 0006 736563726574", "authorizationSize"],
  ])("%s says so, and shows its header and handles only", (_, command, problem) => {
    const decoded = decodeCommand(bytes(command));
    expect(decoded.problem).toContain(problem);
    const shown = lines(decoded.fields).filter((line) => !line.includes("(secret, "));
    expect(shown.map((line) => line.replace(/:.*/, ""))).toEqual(
      ["tag", "commandSize", "commandCode", "authHandle"].slice(0, decoded.name === "Startup" ? 3 : 4),
    );
  });
});

describe("a response", () => {
  test("is decoded by the command that it answers", () => {
    const response = bytes("8001 00000010 00000000 0004 01020304");
    const getRandom = bytes("8001 0000000c 0000017b 0004");
    const { responseCode, fields, problem } = decodeResponse(response, getRandom);
    expect(problem).toBeUndefined();
    expect(responseCode.name).toBe("TPM_RC_SUCCESS");
    expect(lines(fields, { revealSecrets: true })).toContain("randomBytes: 01020304");
    expect(lines(fields)).toContain("randomBytes: (secret, 6 octets)");
  });

  test("with sessions shows them behind the parameters", () => {
    const response = bytes("8002 00000013 00000000 00000000 0000 01 0000");
    expect(lines(decodeResponse(response, TPM_CC.TPM_CC_PCR_Extend).fields).slice(3)).toEqual([
      "parameterSize: 0",
      "session[0]: ",
      "  nonce: ",
      "  sessionAttributes: continueSession",
      "  hmac: (secret, 2 octets)",
    ]);
  });
});

describe("a response code", () => {
  test.each([
    [0x000, "TPM_RC_SUCCESS", "success", "command", 0],
    [0x100, "TPM_RC_INITIALIZE", "error", "command", 0],
    [0x1d5, "TPM_RC_SIZE", "error", "parameter", 1],
    [0x9a2, "TPM_RC_BAD_AUTH", "error", "session", 1],
    [0x98e, "TPM_RC_AUTH_FAIL", "error", "session", 1],
    [0x18b, "TPM_RC_HANDLE", "error", "handle", 1],
    [0x2c4, "TPM_RC_VALUE", "error", "parameter", 2],
    [0x921, "TPM_RC_LOCKOUT", "warning", "command", 0],
    [0x910, "TPM_RC_REFERENCE_H0", "warning", "command", 0],
    [0x500, "0x500", "error", "command", 0],
  ] as const)("0x%s is %s", (code, name, severity, about, number) => {
    expect(decodeResponseCode(code)).toMatchObject({ code, name, severity, about, number });
  });

  test("names the field that is wrong", () => {
    const { command } = decodeCommand(STARTUP);
    expect(decodeResponseCode(0x1c4, command)).toMatchObject({ name: "TPM_RC_VALUE", subject: "startupType" });
    expect(summarizeCommand(STARTUP, bytes("8001 0000000a 000001c4"))).toBe(
      "Startup() -> TPM_RC_VALUE, parameter 1 (startupType)",
    );
    expect(summarizeCommand(PCR_EXTEND)).toBe("PCR_Extend(PCR 16)");
  });
});

describe("no octets whatever", () => {
  const anyCode = fc.constantFrom(...commands.map(({ code }) => code));
  const anyTag = fc.constantFrom(0x8001, 0x8002, 0x8000);

  test("make the decoder of commands throw", () => {
    fc.assert(
      fc.property(anyTag, anyCode, fc.uint8Array({ maxLength: 300 }), (tag, code, body) => {
        const command = new Uint8Array(10 + body.length);
        const view = new DataView(command.buffer);
        view.setUint16(0, tag);
        view.setUint32(2, command.length);
        view.setUint32(6, code);
        command.set(body, 10);
        const { fields } = decodeCommand(command);
        // What is shown lies within the command, in order.
        expect(Math.max(...fields.map(({ offset, size }) => offset + size))).toBeLessThanOrEqual(command.length);
        expect(formatFields(fields).length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => decodeCommand(octets) !== undefined));
  });

  test("make the decoder of responses throw", () => {
    fc.assert(
      fc.property(anyTag, anyCode, fc.uint8Array({ maxLength: 300 }), (tag, code, body) => {
        const response = new Uint8Array(10 + body.length);
        const view = new DataView(response.buffer);
        view.setUint16(0, tag);
        view.setUint32(2, response.length);
        response.set(body, 10);
        const { fields } = decodeResponse(response, code);
        expect(Math.max(...fields.map(({ offset, size }) => offset + size))).toBeLessThanOrEqual(response.length);
      }),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.integer(), (code) => decodeResponseCode(code >>> 0).explanation.length > 0));
  });
});
