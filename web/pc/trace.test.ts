import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InlineTpm, marshalCommand, password } from "../../src/node/index.ts";
import type { CommandEntry } from "../state/model.ts";
import { toHex } from "./hex.ts";
import { getRandom, pcrExtend, startedTpm, startup } from "./testkit/tpm.ts";
import { decode, isStartup, succeeded, summarize } from "./trace.ts";

const hunter22 = new TextEncoder().encode("hunter22");
const extend = pcrExtend(16);
const changeAuth = marshalCommand("HierarchyChangeAuth", {
  handles: { authHandle: "TPM_RH_OWNER" },
  parameters: { newAuth: hunter22 },
});
/** No such capability: TPM_RC_VALUE for its first parameter. */
const badCapability = marshalCommand("GetCapability", {
  parameters: { capability: 0x7fffffff, property: 0, propertyCount: 1 },
});
/** A command with a code that no command has. */
const unknown = getRandom.slice();
new DataView(unknown.buffer).setUint32(6, 0xfff);

let tpm: InlineTpm;
beforeAll(async () => {
  tpm = await startedTpm();
});
afterAll(() => tpm.close());

/** A command and what the TPM answers to it. */
const entry = async (command: Uint8Array): Promise<CommandEntry> => {
  const response = await tpm.execute(command);
  return {
    ...summarize(command, response),
    sequence: 1,
    locality: 0,
    startedAt: 0,
    duration: 0,
    own: false,
    command,
    response,
    reason: null,
  };
};

describe("a row", () => {
  test("has the command's name and what it is about", async () => {
    expect(await entry(extend)).toMatchObject({
      name: "TPM2_PCR_Extend",
      handles: [{ kind: "pcr", handle: 16 }],
      responseCodeName: "TPM_RC_SUCCESS",
      failed: false,
    });
  });

  test("says which parameter the TPM refused", async () => {
    expect(await entry(badCapability)).toMatchObject({
      name: "TPM2_GetCapability",
      responseCodeName: "TPM_RC_VALUE (parameter 1)",
      failed: true,
    });
  });

  test("says no number where the TPM says none", async () => {
    expect(await entry(startup)).toMatchObject({ responseCodeName: "TPM_RC_INITIALIZE", failed: true });
  });

  test("shows an unknown command by its code", async () => {
    expect(await entry(unknown)).toMatchObject({ name: "0x00000fff", responseCodeName: "TPM_RC_COMMAND_CODE" });
  });
});

describe("its details", () => {
  test("hide authorisations", async () => {
    const { command } = decode(await entry(changeAuth));
    const newAuth = command.fields.find(({ name }) => name === "newAuth");
    expect(newAuth).toMatchObject({ secret: true, isHidden: true, value: "(secret, 10 octets)" });
    expect(JSON.stringify(command.fields)).not.toContain(toHex(hunter22));
    expect(JSON.stringify(command.fields)).not.toContain("hunter22");
  });

  test("show them when they are asked for", async () => {
    const { command } = decode(await entry(changeAuth), { revealSecrets: true });
    const newAuth = command.fields.find(({ name }) => name === "newAuth");
    expect(newAuth).toMatchObject({ secret: true, isHidden: false, value: toHex(hunter22) });
  });

  test("say of each field where it lies, of a handle what it stands for, of a session its flags", async () => {
    const { command } = decode(await entry(changeAuth));
    const field = (name: string) => command.fields.find((each) => each.name === name);
    expect(field("authHandle")).toMatchObject({ offset: 10, size: 4, entity: { kind: "hierarchy", name: "owner" } });
    expect(field("sessionHandle")).toMatchObject({ entity: { kind: "password" } });
    expect(field("sessionAttributes")).toMatchObject({ flags: ["continueSession"] });
    expect(command.octets).toEqual(changeAuth);
  });

  test("hide what is written to an NV index and read from it", async () => {
    const nvIndex = 0x0150_0001;
    const handles = { authHandle: nvIndex, nvIndex };
    const publicInfo = {
      nvIndex,
      nameAlg: "TPM_ALG_SHA256" as const,
      attributes: 0x42040004,
      authPolicy: new Uint8Array(),
      dataSize: hunter22.length,
    };
    const sessions = [password(hunter22)];
    const shown: unknown[] = [];
    for (const command of [
      marshalCommand("NV_DefineSpace", {
        handles: { authHandle: "TPM_RH_PLATFORM" },
        parameters: { auth: hunter22, publicInfo: publicInfo },
      }),
      marshalCommand("NV_Write", { handles, sessions, parameters: { data: hunter22, offset: 0 } }),
      marshalCommand("NV_Read", { handles, sessions, parameters: { size: hunter22.length, offset: 0 } }),
    ]) {
      const row = await entry(command);
      expect(row.responseCodeName).toBe("TPM_RC_SUCCESS");
      const { command: octets, response, entities, ...words } = row;
      const decoded = decode({ entities, command: octets, response });
      shown.push(words, [...entities], decoded.command.fields, decoded.response.fields);
    }
    const text = JSON.stringify(shown);
    expect(text).toContain('"value":"(secret, 10 octets)"');
    expect(text).not.toContain(toHex(hunter22));
    expect(text).not.toContain("hunter22");
  });

  test("are a failure's, and only a failure's, in the row", async () => {
    expect(await entry(badCapability)).toMatchObject({ failed: true, responseCodeName: "TPM_RC_VALUE (parameter 1)" });
    expect(await entry(extend)).toMatchObject({ failed: false, responseCodeName: "TPM_RC_SUCCESS" });
  });

  test("show octets that make no sense, and say so", async () => {
    const { command } = decode(await entry(extend.subarray(0, 40)));
    expect(command.problem).toMatch(/octets are left/);
    expect(command.fields.map(({ name }) => name)).toContain("pcrHandle");
  });
});

test("TPM2_Startup is told from other commands, success from failure", async () => {
  expect([startup, extend, unknown, new Uint8Array(0)].map(isStartup)).toEqual([true, false, false, false]);
  expect(succeeded(await tpm.execute(getRandom))).toBe(true);
  expect(succeeded(await tpm.execute(startup))).toBe(false);
  expect(succeeded(await tpm.execute(badCapability))).toBe(false);
});
