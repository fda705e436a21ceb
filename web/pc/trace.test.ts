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
      subject: "PCR 16",
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
    const newAuth = command.find(({ name }) => name === "newAuth");
    expect(newAuth?.secret).toBe(true);
    expect(JSON.stringify(command)).not.toContain(toHex(hunter22));
    expect(JSON.stringify(command)).not.toContain("hunter22");
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
      const { command: octets, response, ...words } = row;
      shown.push(words, decode({ ...words, command: octets, response }));
    }
    const text = JSON.stringify(shown);
    expect(text).toContain('"value":"(secret, 10 octets)"');
    expect(text).not.toContain(toHex(hunter22));
    expect(text).not.toContain("hunter22");
  });

  test("explain a failure, and only a failure", async () => {
    expect(decode(await entry(badCapability)).explanation).toMatch(/1st parameter \(capability\)/);
    expect(decode(await entry(extend)).explanation).toBe("");
  });

  test("show octets that make no sense, and say so", async () => {
    const { command } = decode(await entry(extend.subarray(0, 40)));
    expect(command.at(-1)).toMatchObject({ name: "problem" });
    expect(command.map(({ name }) => name)).toContain("pcrHandle");
  });
});

test("TPM2_Startup is told from other commands, success from failure", async () => {
  expect([startup, extend, unknown, new Uint8Array(0)].map(isStartup)).toEqual([true, false, false, false]);
  expect(succeeded(await tpm.execute(getRandom))).toBe(true);
  expect(succeeded(await tpm.execute(startup))).toBe(false);
  expect(succeeded(await tpm.execute(badCapability))).toBe(false);
});

test("what moves contexts is told from the rest: the resource manager's answer for a context that is gone, too", () => {
  const flush = marshalCommand("FlushContext", { parameters: { flushHandle: 0x0200_0000 } });
  const answer = (code: number) => Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, code >> 8, code);
  const swaps = (command: Uint8Array, code: number) => summarize(command, answer(code)).swaps;
  expect(swaps(flush, 0)).toBe(true);
  // TPM_RC_REFERENCE_H0, TPM_RC_HANDLE of a parameter, TPM_RC_FAILURE
  expect([0x910, 0x1cb, 0x101].map((code) => swaps(flush, code))).toEqual([true, false, false]);
  expect([0, 0x910].map((code) => swaps(getRandom, code))).toEqual([false, false]);
});
