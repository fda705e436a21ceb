import { describe, expect, test } from "vitest";
import type { CommandEntry } from "../state/model.ts";
import { decode, summarize } from "./trace.ts";

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));

const extend = bytes(`8002 00000041 00000182 00000010 00000009 40000009 0000 01 0000 00000001 000b ${"ab".repeat(32)}`);
const changeAuth = bytes("8002 00000023 00000129 40000001 00000009 40000009 0000 00 0000 0006 736563726574");
const success = bytes("8002 00000013 00000000 00000000 0000 01 0000");
const badParameter = bytes("8001 0000000a 000001c4");

const entry = (command: Uint8Array, response: Uint8Array): CommandEntry => ({
  ...summarize(command, response),
  sequence: 1,
  locality: 0,
  duration: 0,
  own: false,
  command,
  response,
});

describe("a row", () => {
  test("has the command's name and what it is about", () => {
    expect(summarize(extend, success)).toEqual({
      name: "TPM2_PCR_Extend",
      subject: "PCR 16",
      responseCodeName: "TPM_RC_SUCCESS",
      failed: false,
    });
  });

  test("says which parameter the TPM refused", () => {
    expect(summarize(extend, badParameter)).toMatchObject({
      responseCodeName: "TPM_RC_VALUE (parameter 1)",
      failed: true,
    });
  });

  test("shows an unknown command by its code", () => {
    expect(summarize(bytes("8001 0000000a 00000fff"), badParameter).name).toBe("0x00000fff");
  });
});

describe("its details", () => {
  test("hide authorisations", () => {
    const { command } = decode(entry(changeAuth, success));
    const newAuth = command.find(({ name }) => name === "newAuth");
    expect(newAuth?.secret).toBe(true);
    expect(JSON.stringify(command)).not.toContain("736563726574");
  });

  test("explain a failure, and only a failure", () => {
    expect(decode(entry(extend, badParameter)).explanation).toMatch(/parameter/);
    expect(decode(entry(extend, success)).explanation).toBe("");
  });

  test("show octets that make no sense, and say so", () => {
    const { command } = decode(entry(extend.subarray(0, 40), badParameter));
    expect(command.at(-1)).toMatchObject({ name: "problem" });
    expect(command.map(({ name }) => name)).toContain("pcrHandle");
  });
});
