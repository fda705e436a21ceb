import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commands } from "../spec/commands.ts";
import { valuesWith } from "../spec/generate/sizes.ts";
import { Interpreter, type World } from "../spec/generate/testkit/interpreter.ts";
import { wireOf } from "../spec/generate/testkit/wire.ts";
import { limitsOf } from "../spec/limits.ts";
import { types } from "../spec/types.ts";
import { marshalCommand, password, unmarshalResponse } from "./command.ts";
import { TpmError, TpmFormatError } from "./errors.ts";
import { marshalValue } from "./marshal.ts";
import { unmarshalValue } from "./unmarshal.ts";

const world: World = {
  values: valuesWith(limitsOf("full")),
  algorithm: () => true,
  curve: () => true,
  keyBits: () => true,
};
const everyType = Object.entries(types)
  .filter(([, { kind }]) => kind !== "union")
  .map(([name]) => name);
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe("values of every type", () => {
  it("come back from the wire and go onto it again as the same octets", () => {
    const valid = fc
      .constantFrom(...everyType)
      .chain((type) => fc.record({ type: fc.constant(type), wire: wireOf(type, true, world) }));
    fc.assert(
      fc.property(valid, ({ type, wire }) => {
        const { code, consumed } = new Interpreter(world, wire).unmarshal(type, true);
        fc.pre(code === 0);
        const whole = wire.subarray(0, consumed);
        expect(hex(marshalValue(type, unmarshalValue(type, whole))), type).toBe(hex(whole));
      }),
      { numRuns: 600 },
    );
  });

  it("are refused as TpmFormatError, and nothing else, when the octets are arbitrary", () => {
    fc.assert(
      fc.property(fc.constantFrom(...everyType), fc.uint8Array({ maxLength: 60 }), (type, wire) => {
        try {
          expect(hex(marshalValue(type, unmarshalValue(type, wire)))).toHaveLength(2 * wire.length);
        } catch (error) {
          expect(error).toBeInstanceOf(TpmFormatError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("take names, leave out counts and fixed tags", () => {
    const selection = { hash: "TPM_ALG_SHA256", pcrSelect: Uint8Array.of(1, 0, 128) };
    expect(hex(marshalValue("TPML_PCR_SELECTION", [selection]))).toBe("00000001000b03010080");
    const ticket = { hierarchy: "TPM_RH_NULL", digest: new Uint8Array(0) };
    expect(hex(marshalValue("TPMT_TK_HASHCHECK", ticket))).toBe("8024400000070000");
    expect(hex(marshalValue("TPMT_SYM_DEF", { algorithm: "TPM_ALG_NULL" }))).toBe("0010");
    expect(hex(marshalValue("TPM2B_SENSITIVE", null))).toBe("0000");
    expect(hex(marshalValue("UINT64", 5))).toBe("0000000000000005");
    expect(hex(marshalValue("INT32", -1))).toBe("ffffffff");
    const keyedHash = {
      type: "TPM_ALG_KEYEDHASH",
      nameAlg: "TPM_ALG_SHA256",
      objectAttributes: 0x40,
      authPolicy: new Uint8Array(0),
      parameters: { scheme: { scheme: "TPM_ALG_NULL" } },
      unique: new Uint8Array(0),
    };
    expect(hex(marshalValue("TPM2B_PUBLIC", keyedHash))).toBe("000e0008000b00000040000000100000");
    expect(unmarshalValue("TPM2B_PUBLIC", octets("000e0008000b00000040000000100000"))).toEqual({
      type: 8,
      nameAlg: 11,
      objectAttributes: 0x40,
      authPolicy: new Uint8Array(0),
      parameters: { scheme: { scheme: 16 } },
      unique: new Uint8Array(0),
    });
  });

  it.each([
    ["UINT8", 256, /does not fit into the 1 octets/],
    ["UINT32", -1, /does not fit/],
    ["UINT16", 1.5, /no whole number/],
    ["TPM_ALG_ID", "TPM_ALG_SHA257", /no value named TPM_ALG_SHA257/],
    ["TPM2B_DIGEST", "abc", /TPM2B_DIGEST is a Uint8Array; this one is string/],
    ["TPML_CC", 3, /is an array; this one is number/],
    ["TPMT_HA", null, /is an object/],
    ["TPMT_HA", { hashAlg: "TPM_ALG_SHA256", digest: new Uint8Array(20) }, /takes 32 octets, not 20/],
    ["TPMT_HA", { hashAlg: 1, digest: new Uint8Array(20) }, /no member for the selector 1/],
    ["TPMT_HA", { hash: 1 }, /has no field hash/],
    ["TPMS_CLOCK_INFO", { clock: 1n }, /resetCount: UINT32 is a number; this one is missing/],
  ] as const)("%s: %s is refused with the reason", (type, value, reason) => {
    expect(() => marshalValue(type, value)).toThrow(TpmFormatError);
    expect(() => marshalValue(type, value)).toThrow(reason);
  });
});

describe("commands", () => {
  it("are the octets that Part 3 describes", () => {
    expect(hex(marshalCommand("Startup", { parameters: { startupType: "TPM_SU_CLEAR" } }))).toBe(
      "80010000000c000001440000",
    );
    expect(hex(marshalCommand("ReadClock", {}))).toBe("80010000000a00000181");
    const extend = marshalCommand("PCR_Extend", {
      handles: { pcrHandle: 16 },
      parameters: { digests: [{ hashAlg: "TPM_ALG_SHA1", digest: new Uint8Array(20).fill(0xab) }] },
    });
    expect(hex(extend)).toBe(
      `80020000003500000182 00000010 00000009 40000009 0000 01 0000 00000001 0004 ${"ab".repeat(20)}`.replaceAll(
        " ",
        "",
      ),
    );
  });

  it("carry passwords", () => {
    const changeAuth = marshalCommand("HierarchyChangeAuth", {
      handles: { authHandle: "TPM_RH_OWNER" },
      parameters: { newAuth: Uint8Array.of(1, 2) },
      sessions: [password("abc")],
    });
    expect(hex(changeAuth)).toBe(
      "8002000000220000012940000001 0000000c 40000009 0000 01 0003616263 00020102".replaceAll(" ", ""),
    );
  });

  it("name the field that is wrong", () => {
    // The wrong names are what this test is about: they are hidden from the compiler.
    const unchecked = { parameters: { bytes: 5 } } as unknown as { parameters: { bytesRequested: number } };
    expect(() => marshalCommand("GetRandom", unchecked)).toThrow("GetRandom.parameters: has no bytes");
    const large = { parameters: { bytesRequested: 70000 } };
    expect(() => marshalCommand("GetRandom", large)).toThrow("GetRandom.parameters.bytesRequested: 70000 does not fit");
  });

  it("responses are their handles and parameters", () => {
    const { parameters, sessions } = unmarshalResponse("GetRandom", octets("8001 00000010 00000000 0004 01020304"));
    expect(hex(parameters.randomBytes)).toBe("01020304");
    expect(sessions).toEqual([]);
    const start = unmarshalResponse("StartAuthSession", octets("8001 00000014 00000000 02000000 0004 0a0b0c0d"));
    expect(start.handles.sessionHandle).toBe(0x02000000);
    const withSession = unmarshalResponse("PCR_Extend", octets("8002 00000013 00000000 00000000 0000 01 0000"));
    expect(withSession.sessions).toEqual([{ nonce: new Uint8Array(0), attributes: 1, hmac: new Uint8Array(0) }]);
  });

  it("an error of the TPM is a TpmError that names the parameter", () => {
    const failed = () => unmarshalResponse("Startup", octets("8001 0000000a 000001c4"));
    expect(failed).toThrow(TpmError);
    expect(failed).toThrow(/TPM2_Startup: TPM_RC_VALUE\. 1st parameter \(startupType\)/);
  });

  it("malformed responses are TpmFormatErrors", () => {
    const parse = (text: string) => () => unmarshalResponse("GetRandom", octets(text));
    expect(parse("8001 0000")).toThrow(/responseSize: needs 4 octets/);
    expect(parse("8001 00000011 00000000 0004 01020304")).toThrow(/responseSize is 17, but the response has 16 octets/);
    expect(parse("8001 00000011 00000000 0004 01020304 05")).toThrow(/1 octets are left over/);
    fc.assert(
      fc.property(fc.constantFrom(...commands), fc.uint8Array({ maxLength: 80 }), ({ name }, body) => {
        const response = new Uint8Array(10 + body.length);
        response.set(octets("8001 00000000 00000000"));
        new DataView(response.buffer).setUint32(2, response.length);
        response.set(body, 10);
        try {
          unmarshalResponse(name, response);
        } catch (error) {
          expect(error).toBeInstanceOf(TpmFormatError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
