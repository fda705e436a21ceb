import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { commandNamed, commandWithCode } from "../commands.ts";
import { limitsOf } from "../limits.ts";
import { TPM_RC } from "../responseCodes.ts";
import { valuesWith } from "./sizes.ts";
import { Interpreter, type World } from "./testkit/interpreter.ts";
import { everyCommand, everyType, loadUnmarshaller, type Unmarshaller } from "./testkit/unmarshaller.ts";
import { wireOf, wireOfCommand } from "./testkit/wire.ts";

const values = valuesWith(limitsOf("full"));
const libtpms = valuesWith(limitsOf("libtpms-0.9"));
const uniqueCommands = everyCommand.filter((name) => commandWithCode(commandNamed(name).code)?.name === name);

/** The worlds that the module under test can be switched to: all algorithms, or some, with the limits of libtpms. */
function world(some: boolean): World {
  return {
    values: some ? libtpms : values,
    algorithm: (id) => !some || (id & 1) === 1,
    curve: (id) => id > 0 && id < 0x40 && (!some || (id & 1) === 1),
    keyBits: (_, bits) => bits === 128 || bits === 2048,
  };
}
function hexToOctets(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

let wasm: Unmarshaller;
beforeAll(async () => {
  wasm = await loadUnmarshaller();
}, 60_000);

function expectSame(some: boolean, type: string, allowNull: boolean, octets: Uint8Array): void {
  wasm.select(some);
  const actual = wasm.unmarshal(type, allowNull, octets);
  const expected = new Interpreter(world(some), octets).unmarshal(type, allowNull);
  // Thousands of these: an expect only where they differ.
  if (actual.code !== expected.code) expect(actual.code, type).toBe(expected.code);
  if (expected.code === 0 && actual.consumed !== expected.consumed)
    expect(actual.consumed, type).toBe(expected.consumed);
}

describe("generated unmarshalling and the interpreter of the tables agree", () => {
  it("on values of every type, and on all their truncations", () => {
    const anything = fc.constantFrom(...everyType).chain((type) =>
      fc.record({
        type: fc.constant(type),
        allowNull: fc.boolean(),
        some: fc.boolean(),
        octets: wireOf(type, true, world(false)),
      }),
    );
    fc.assert(
      fc.property(anything, ({ type, allowNull, some, octets }) => {
        expectSame(some, type, allowNull, octets);
        // All of a short value; of a long one, its start and end and some places between.
        const step = Math.max(1, Math.floor(octets.length / 64));
        for (let size = 0; size < octets.length; size += size < 32 || size > octets.length - 8 ? 1 : step)
          expectSame(some, type, allowNull, octets.subarray(0, size));
      }),
      { numRuns: 400 },
    );
  });

  it("a value that is cut short anywhere is TPM_RC_INSUFFICIENT", () => {
    const valid = fc
      .constantFrom(...everyType)
      .chain((type) => fc.record({ type: fc.constant(type), octets: wireOf(type, false, world(false)) }));
    wasm.select(false);
    fc.assert(
      fc.property(valid, fc.nat(), ({ type, octets }, place) => {
        const { code, consumed } = wasm.unmarshal(type, false, octets);
        fc.pre(code === 0 && consumed > 0);
        for (const size of [0, consumed - 1, place % consumed])
          expect(wasm.unmarshal(type, false, octets.subarray(0, size)).code, type).toBe(TPM_RC.TPM_RC_INSUFFICIENT);
      }),
      { numRuns: 400 },
    );
  });

  it("on values with one octet changed", () => {
    const changed = fc.constantFrom(...everyType).chain((type) =>
      fc.record({
        type: fc.constant(type),
        octets: wireOf(type, true, world(false)),
        place: fc.nat(),
        octet: fc.nat(255),
      }),
    );
    fc.assert(
      fc.property(changed, ({ type, octets, place, octet }) => {
        if (octets.length > 0) octets[place % Math.min(octets.length, 40)] = octet;
        expectSame(false, type, false, octets);
      }),
      { numRuns: 400 },
    );
  });

  it("on random octets", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...everyType),
        fc.boolean(),
        fc.uint8Array({ maxLength: 80 }),
        (type, allowNull, octets) => {
          expectSame(false, type, allowNull, octets);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("on the handles and parameters of every command, with the number in the response code", () => {
    const anyCommand = fc.constantFrom(...uniqueCommands).chain((name) =>
      fc.record({
        name: fc.constant(name),
        octets: wireOfCommand(name, world(false)),
        cut: fc.double({ noNaN: true, min: 0, max: 2 }),
      }),
    );
    fc.assert(
      fc.property(anyCommand, ({ name, octets, cut }) => {
        wasm.select(false);
        const input = cut >= 1 ? octets : octets.subarray(0, Math.floor(octets.length * cut));
        const actual = wasm.command(name, input);
        const expected = new Interpreter(world(false), input).command(name);
        expect(actual.code.toString(16), name).toBe(expected.code.toString(16));
        if (expected.code === 0) expect(actual.consumed, name).toBe(expected.consumed);
      }),
      { numRuns: 400 },
    );
  });

  it("the handles are kept for the dispatcher", () => {
    const octets = hexToOctets("4000000b 4000000c 81000001");
    const index = wasm.commandIndex(commandNamed("NV_UndefineSpaceSpecial").code);
    expect(wasm.handles(index, 0)).toBe(TPM_RC.TPM_RC_INSUFFICIENT + 0x100);
    expect(wasm.command("NV_UndefineSpaceSpecial", octets).code).toBe(TPM_RC.TPM_RC_VALUE + 0x100);
    expect(wasm.command("NV_UndefineSpaceSpecial", hexToOctets("01000001 4000000c")).code).toBe(0);
    expect([wasm.handle(0), wasm.handle(1)]).toEqual([0x01000001, 0x4000000c]);
  });
});

/** Written by hand from Part 2 and from what libtpms 0.9.2 answers; `+` after the type: the null value is allowed. */
const expectations: readonly (readonly [type: string, octets: string, result: keyof typeof TPM_RC])[] = [
  ["TPMI_YES_NO", "00", "TPM_RC_SUCCESS"],
  ["TPMI_YES_NO", "01", "TPM_RC_SUCCESS"],
  ["TPMI_YES_NO", "02", "TPM_RC_VALUE"],
  ["TPMI_YES_NO", "", "TPM_RC_INSUFFICIENT"],
  ["TPM_SU", "0001", "TPM_RC_SUCCESS"],
  ["TPM_SU", "0002", "TPM_RC_VALUE"],
  ["TPM_SU", "00", "TPM_RC_INSUFFICIENT"],
  ["TPM_SE", "02", "TPM_RC_VALUE"],
  ["TPM_CLOCK_ADJUST", "fd", "TPM_RC_SUCCESS"],
  ["TPM_CLOCK_ADJUST", "fc", "TPM_RC_VALUE"],
  ["TPM_CAP", "0000000b", "TPM_RC_VALUE"],
  ["TPM_CAP", "00000100", "TPM_RC_SUCCESS"],
  ["TPM_ALG_ID", "ffff", "TPM_RC_SUCCESS"],
  ["TPMI_ALG_HASH", "000b", "TPM_RC_SUCCESS"],
  ["TPMI_ALG_HASH", "0010", "TPM_RC_HASH"],
  ["TPMI_ALG_HASH+", "0010", "TPM_RC_SUCCESS"],
  ["TPMI_ALG_HASH+", "0001", "TPM_RC_HASH"],
  ["TPMI_DH_PCR", "00000017", "TPM_RC_SUCCESS"],
  ["TPMI_DH_PCR", "00000018", "TPM_RC_VALUE"],
  ["TPMI_DH_PCR", "40000007", "TPM_RC_VALUE"],
  ["TPMI_DH_PCR+", "40000007", "TPM_RC_SUCCESS"],
  ["TPMI_DH_OBJECT", "80000002", "TPM_RC_SUCCESS"],
  ["TPMI_DH_OBJECT", "80000003", "TPM_RC_VALUE"],
  ["TPMI_DH_OBJECT", "81ffffff", "TPM_RC_SUCCESS"],
  ["TPMI_DH_OBJECT", "82000000", "TPM_RC_VALUE"],
  ["TPMI_DH_ENTITY", "4000000a", "TPM_RC_SUCCESS"],
  ["TPMI_DH_ENTITY", "40000009", "TPM_RC_VALUE"],
  ["TPMI_SH_AUTH_SESSION+", "40000009", "TPM_RC_SUCCESS"],
  ["TPMI_SH_AUTH_SESSION", "40000009", "TPM_RC_VALUE"],
  ["TPMI_SH_AUTH_SESSION", "0300003f", "TPM_RC_SUCCESS"],
  ["TPMI_SH_AUTH_SESSION", "03000040", "TPM_RC_VALUE"],
  ["TPMI_SH_POLICY", "02000000", "TPM_RC_VALUE"],
  ["TPMI_DH_SAVED", "80000002", "TPM_RC_SUCCESS"],
  ["TPMI_DH_SAVED", "80000003", "TPM_RC_VALUE"],
  ["TPMI_RH_NV_AUTH", "01ffffff", "TPM_RC_SUCCESS"],
  ["TPMI_RH_NV_AUTH", "4000000b", "TPM_RC_VALUE"],
  ["TPMI_RH_CLEAR", "4000000a", "TPM_RC_SUCCESS"],
  ["TPMI_RH_CLEAR", "40000001", "TPM_RC_VALUE"],
  ["TPMI_ST_COMMAND_TAG", "8001", "TPM_RC_SUCCESS"],
  ["TPMI_ST_COMMAND_TAG", "8000", "TPM_RC_BAD_TAG"],
  ["TPMI_ST_COMMAND_TAG", "0001", "TPM_RC_VALUE"],
  ["TPMA_SESSION", "e7", "TPM_RC_SUCCESS"],
  ["TPMA_SESSION", "08", "TPM_RC_RESERVED_BITS"],
  ["TPMA_OBJECT", "00000001", "TPM_RC_RESERVED_BITS"],
  ["TPMA_LOCALITY", "ff", "TPM_RC_SUCCESS"],
  ["TPMA_NV", "00000200", "TPM_RC_RESERVED_BITS"],
  ["TPM2B_NONCE", "0000", "TPM_RC_SUCCESS"],
  ["TPM2B_DIGEST", `0040${"aa".repeat(64)}`, "TPM_RC_SUCCESS"],
  ["TPM2B_DIGEST", `0041${"aa".repeat(65)}`, "TPM_RC_SIZE"],
  ["TPM2B_DIGEST", "0041", "TPM_RC_SIZE"],
  ["TPM2B_DIGEST", "0001", "TPM_RC_INSUFFICIENT"],
  ["TPM2B_DATA", `0042${"aa".repeat(66)}`, "TPM_RC_SUCCESS"],
  ["TPM2B_DATA", `0043${"aa".repeat(67)}`, "TPM_RC_SIZE"],
  ["TPM2B_NAME", `0044${"aa".repeat(68)}`, "TPM_RC_SUCCESS"],
  ["TPM2B_NAME", `0045${"aa".repeat(69)}`, "TPM_RC_SIZE"],
  ["TPM2B_TIMEOUT", `0009${"aa".repeat(9)}`, "TPM_RC_SIZE"],
  ["TPM2B_SENSITIVE_DATA", `0080${"aa".repeat(128)}`, "TPM_RC_SUCCESS"],
  ["TPM2B_SENSITIVE_DATA", `0081${"aa".repeat(129)}`, "TPM_RC_SIZE"],
  ["TPM2B_EVENT", `0401${"aa".repeat(1025)}`, "TPM_RC_SIZE"],
  ["TPML_PCR_SELECTION", "00000000", "TPM_RC_SUCCESS"],
  ["TPML_PCR_SELECTION", "00000001 000b 03 ffffff", "TPM_RC_SUCCESS"],
  ["TPML_PCR_SELECTION", "00000001 000b 02 ffff", "TPM_RC_VALUE"],
  ["TPML_PCR_SELECTION", "00000001 000b 04 ffffffff", "TPM_RC_VALUE"],
  ["TPML_PCR_SELECTION", "00000001 000b 04", "TPM_RC_VALUE"],
  ["TPML_PCR_SELECTION", "00000001 0010 03 ffffff", "TPM_RC_HASH"],
  ["TPML_PCR_SELECTION", "00000001 000b 03 ffff", "TPM_RC_INSUFFICIENT"],
  ["TPML_PCR_SELECTION", "00000009", "TPM_RC_SIZE"],
  ["TPML_DIGEST_VALUES", `00000001 0004 ${"aa".repeat(20)}`, "TPM_RC_SUCCESS"],
  ["TPML_DIGEST_VALUES", `00000001 0004 ${"aa".repeat(19)}`, "TPM_RC_INSUFFICIENT"],
  ["TPML_DIGEST_VALUES", "00000001 0010", "TPM_RC_HASH"],
  ["TPML_DIGEST", "00000001 0000", "TPM_RC_SIZE"],
  ["TPML_DIGEST", "00000002 0000 0000", "TPM_RC_SUCCESS"],
  ["TPML_DIGEST", "00000009", "TPM_RC_SIZE"],
  ["TPMT_HA+", "0010", "TPM_RC_SUCCESS"],
  ["TPMT_TK_CREATION", "8021 40000007 0000", "TPM_RC_SUCCESS"],
  ["TPMT_TK_CREATION", "8022 40000007 0000", "TPM_RC_TAG"],
  ["TPMT_TK_CREATION", "1234 40000007 0000", "TPM_RC_VALUE"],
  ["TPMT_TK_CREATION", "8021 40000008 0000", "TPM_RC_VALUE"],
  ["TPMT_TK_AUTH", "8025 40000001 0000", "TPM_RC_SUCCESS"],
  ["TPMT_TK_AUTH", "8023 40000001 0000", "TPM_RC_SUCCESS"],
  ["TPMT_SYM_DEF+", "0010", "TPM_RC_SUCCESS"],
  ["TPMT_SYM_DEF", "0010", "TPM_RC_SYMMETRIC"],
  ["TPMT_SYM_DEF", "0006 0080 0043", "TPM_RC_SUCCESS"],
  ["TPMT_SYM_DEF", "0006 0080 0010", "TPM_RC_SUCCESS"],
  ["TPMT_SYM_DEF", "0006 0081 0043", "TPM_RC_VALUE"],
  ["TPMT_SYM_DEF", "0006 0080 0006", "TPM_RC_MODE"],
  ["TPMT_SYM_DEF", "000a 000b", "TPM_RC_SUCCESS"],
  ["TPMT_SYM_DEF", "000a 0010", "TPM_RC_HASH"],
  ["TPMT_SYM_DEF_OBJECT", "000a 000b", "TPM_RC_SYMMETRIC"],
  ["TPMT_KEYEDHASH_SCHEME+", "0010", "TPM_RC_SUCCESS"],
  ["TPMT_KEYEDHASH_SCHEME", "000a 000b 0010", "TPM_RC_SUCCESS"],
  ["TPMT_KEYEDHASH_SCHEME", "000a 000b 0001", "TPM_RC_KDF"],
  ["TPMT_SIG_SCHEME+", "0010", "TPM_RC_SUCCESS"],
  ["TPMT_SIG_SCHEME", "0014 000b", "TPM_RC_SUCCESS"],
  ["TPMT_SIG_SCHEME", "0015", "TPM_RC_SCHEME"],
  ["TPMT_SIG_SCHEME", "001a 000b 0000", "TPM_RC_SUCCESS"],
  ["TPMT_RSA_DECRYPT+", "0015", "TPM_RC_SUCCESS"],
  ["TPMT_RSA_DECRYPT+", "0014 000b", "TPM_RC_VALUE"],
  ["TPMT_SIGNATURE", "0005 000b", "TPM_RC_INSUFFICIENT"],
  ["TPM2B_ECC_POINT", "0000", "TPM_RC_SIZE"],
  ["TPM2B_ECC_POINT", "0004 0000 0000", "TPM_RC_SUCCESS"],
  ["TPM2B_ECC_POINT", "0005 0000 0000 00", "TPM_RC_SIZE"],
  ["TPM2B_ECC_POINT", "0003 0000 0000", "TPM_RC_SIZE"],
  ["TPM2B_ECC_POINT", "0003 0000 00", "TPM_RC_INSUFFICIENT"],
  ["TPM2B_SENSITIVE", "0000", "TPM_RC_SUCCESS"],
  ["TPM2B_SENSITIVE_CREATE", "0000", "TPM_RC_SIZE"],
  ["TPM2B_SENSITIVE_CREATE", "0004 0000 0000", "TPM_RC_SUCCESS"],
  ["TPM2B_PUBLIC", "0000", "TPM_RC_SIZE"],
  ["TPM2B_PUBLIC", "000e 0008 0010 00000040 0000 0010 0000", "TPM_RC_HASH"],
  ["TPM2B_PUBLIC+", "000e 0008 0010 00000040 0000 0010 0000", "TPM_RC_SUCCESS"],
  ["TPM2B_PUBLIC", "000e 0008 000b 00000040 0000 0010 0000", "TPM_RC_SUCCESS"],
  ["TPM2B_PUBLIC", "000e 0009 000b 00000040 0000 0010 0000", "TPM_RC_TYPE"],
  ["TPM2B_PUBLIC", "000e 0008 000b 00000041 0000 0010 0000", "TPM_RC_RESERVED_BITS"],
  ["TPM2B_PUBLIC", "0008 0008 000b 00000040 0000 0010 0000", "TPM_RC_SIZE"],
  ["TPMT_PUBLIC_PARMS", "0001 0010 0010 0800 00000000", "TPM_RC_SUCCESS"],
  ["TPMT_PUBLIC_PARMS", "0001 0010 0018 000b 0800 00000000", "TPM_RC_VALUE"],
  ["TPMT_PUBLIC_PARMS", "0023 0010 0014 000b 0003 0010", "TPM_RC_SCHEME"],
  ["TPMT_PUBLIC_PARMS", "0023 0010 0010 0099 0010", "TPM_RC_CURVE"],
  ["TPMT_PUBLIC_PARMS", "0025 0010", "TPM_RC_SYMMETRIC"],
  ["TPM2B_NV_PUBLIC", "000e 01000001 000b 00000000 0000 0801", "TPM_RC_SIZE"],
  ["TPM2B_NV_PUBLIC", "000e 01000001 000b 00000000 0000 0800", "TPM_RC_SUCCESS"],
  ["TPMS_CONTEXT", "0000000000000001 80000000 40000001 0000", "TPM_RC_SUCCESS"],
  ["TPMS_CONTEXT", "0000000000000001 80000009 40000001 0000", "TPM_RC_VALUE"],
];

describe("unmarshalling as Part 2 and libtpms have it", () => {
  it.each(expectations)("%s %s: %s", (decorated, octets, result) => {
    wasm.select(false);
    const type = decorated.replace("+", "");
    expect(wasm.unmarshal(type, decorated.endsWith("+"), hexToOctets(octets)).code).toBe(TPM_RC[result]);
  });
});
