import { beforeAll, describe, expect, it } from "vitest";
import { type Command, commandAttributes, commandNamed, commandWithCode } from "../commands.ts";
import { limitRows } from "../limits.ts";
import { resolveAlias } from "../types.ts";
import { generate } from "./generate.ts";
import { everyCommand, loadUnmarshaller, type Unmarshaller } from "./testkit/unmarshaller.ts";

const unique = everyCommand.map((name) => commandNamed(name)).filter((c) => commandWithCode(c.code) === c);
const ascending = [...unique].sort((a, b) => a.code - b.code);

describe("the generator", () => {
  it("says the same twice", () => {
    const once = generate({ handlers: new Map([["GetRandom", "../commands/random/GetRandom"]]) });
    const twice = generate({ handlers: new Map([["GetRandom", "../commands/random/GetRandom"]]) });
    expect([...once]).toEqual([...twice]);
  });

  it("emits only what the commands with a handler reach", () => {
    const files = generate({ handlers: new Map([["PCR_Extend", "../commands/pcr/PCR_Extend"]]) });
    const functions = [...(files.get("unmarshal.ts") ?? "").matchAll(/export function unmarshal_(\w+)/g)].map(
      (m) => m[1],
    );
    expect(functions).toEqual(["TPML_DIGEST_VALUES", "TPMI_ALG_HASH", "TPMI_DH_PCR", "TPMT_HA", "TPMU_HA"].sort());
    expect(files.get("parameters.ts")).toContain("export let pcrHandle: u32 = 0;");
    expect(files.get("parameters.ts")).toContain("export let digests: usize = 0;");
    expect(files.get("parameters.ts")).not.toContain("GetRandom");
  });

  it("refuses a handler for a command that the specification does not have", () => {
    expect(() => generate({ handlers: new Map([["PCR_Explode", "x"]]) })).toThrow(/PCR_Explode/);
  });

  it("prefers MAC to HMAC, which have one code", () => {
    const both = new Map(["HMAC", "MAC"].map((name) => [name, `../commands/symmetric/${name}`]));
    const text = generate({ handlers: both }).get("commands.ts");
    expect(text).toContain("return MAC();");
    expect(text).not.toContain("return HMAC();");
    const one = new Map([["HMAC", "../commands/symmetric/HMAC"]]);
    expect(generate({ handlers: one }).get("commands.ts")).toContain("return HMAC();");
  });

  it("says which limit is missing", () => {
    const { HASH_COUNT: _, ...without } = limitRows;
    const handlers = new Map([["PCR_Extend", "../commands/pcr/PCR_Extend"]]);
    expect(() => generate({ handlers, limits: without })).toThrow(/HASH_COUNT/);
  });
});

describe("the generated command table, with every command of the specification", () => {
  let wasm: Unmarshaller;
  beforeAll(async () => {
    wasm = await loadUnmarshaller();
  }, 60_000);

  it("finds commands by their codes, and nothing else", () => {
    expect(wasm.commandCount()).toBe(unique.length);
    for (let code = 0; code < 0x300; code++) {
      const command = commandWithCode(code);
      const expected = command === undefined ? -1 : ascending.indexOf(command);
      expect(wasm.commandIndex(code), `0x${code.toString(16)}`).toBe(expected);
    }
    for (const code of [0x20000001, 0x80000144, 0xffffffff, 0x10000144]) expect(wasm.commandIndex(code)).toBe(-1);
    expect(wasm.commandIndex(0x20000000)).toBe(ascending.length - 1);
  });

  it("has a number of its own for each role", () => {
    const roles = ["NONE", "USER", "ADMIN", "DUP"].map((role) => wasm.constant(`ROLE_${role}`));
    expect(new Set(roles).size).toBe(4);
    expect(roles[0]).toBe(0);
  });

  it("lists codes in ascending order with their TPMA_CC, counts, roles and flags", () => {
    const is2B = (type: string | undefined) => type !== undefined && resolveAlias(type).startsWith("TPM2B_");
    ascending.forEach((command: Command, index) => {
      expect(wasm.commandCodeAt(index) >>> 0).toBe(command.code);
      expect(wasm.commandAttributes(index) >>> 0, command.name).toBe(commandAttributes(command));
      expect(wasm.handleCount(index)).toBe(command.handles.length);
      expect(wasm.responseHandleCount(index)).toBe(command.responseHandles.length);
      const roles = [0, 1, 2, 3].map((handle) => wasm.authRole(index, handle));
      const expected = [0, 1, 2, 3].map((i) => wasm.constant(`ROLE_${command.handles[i]?.role ?? "NONE"}`));
      expect(roles, command.name).toEqual(expected);
      const flags = wasm.commandFlags(index);
      const flag = (name: string) => (flags & wasm.constant(name)) !== 0;
      expect(flag("CC_DECRYPT_PARAMETER"), command.name).toBe(is2B(command.parameters[0]?.type));
      expect(flag("CC_ENCRYPT_RESPONSE"), command.name).toBe(is2B(command.response[0]?.type));
      expect(flag("CC_NO_SESSIONS"), command.name).toBe(command.sessions === "forbidden");
      expect(flag("CC_PP_ALLOWED"), command.name).toBe(command.physicalPresence === "allowed");
    });
  });

  it("runs the handler of the command", () => {
    ascending.forEach((command, index) => {
      expect(wasm.run(index) >>> 0).toBe(command.code);
    });
    expect(wasm.run(ascending.length)).toBe(0x143);
  });
});
