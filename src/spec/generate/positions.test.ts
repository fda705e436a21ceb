import { describe, expect, it } from "vitest";
import { commands } from "../commands.ts";
import { responseCodeParts } from "../responseCodes.ts";
import { generateParameters } from "./commands.ts";
import { readSources } from "./sources.ts";
import { repository } from "./testkit/compile.ts";

const handwritten = [...readSources(repository)].filter(([path]) => path !== "asm/base/responseCode.ts");
/** An argument may have calls in it. */
const ARGUMENT = String.raw`(?:[^(),]|\([^()]*\))+`;
/** A response code with a number as what it is about. */
const LITERAL = new RegExp(String.raw`\brc(?:About|Handle|Parameter|Session)\(${ARGUMENT},\s*(?:0x)?\d\w*\s*\)`, "g");

describe("what a response code is about", () => {
  it("has a name for each handle and parameter of a command, with its kind and number", () => {
    const implemented = commands.map((command) => ({ command, module: "" }));
    const namespaces = generateParameters(implemented).split("export namespace ").slice(1);
    const withFields = commands.filter(({ handles, parameters }) => handles.length + parameters.length > 0);
    expect(namespaces.length).toBe(withFields.length);
    for (const [index, { name, handles, parameters }] of withFields.entries()) {
      const text = namespaces[index] ?? "";
      const found = [...text.matchAll(/export const RC_(\w+): u32 = (\w+) \+ (\w+);/g)].map(
        ([, field, kind = "", number = ""]) => [
          field,
          (responseCodeParts as Record<string, number>)[kind]! + (responseCodeParts as Record<string, number>)[number]!,
        ],
      );
      const expected = [
        ...handles.map((handle, i) => [handle.name, (i + 1) * 0x100]),
        ...parameters.map((parameter, i) => [parameter.name, 0x40 + (i + 1) * 0x100]),
      ];
      expect(text.startsWith(`${name} {`), name).toBe(true);
      expect(found, name).toEqual(expected);
    }
  });

  it("is nowhere a number", () => {
    const found = handwritten.flatMap(([path, text]) => (text.match(LITERAL) ?? []).map((call) => `${path}: ${call}`));
    expect(found).toEqual([]);
    expect(handwritten.filter(([, text]) => /\bRC_\w+/.test(text)).length).toBeGreaterThan(60);
  });

  it("is put together in one place", () => {
    const parts = /\bTPM_RC_(?:[HPS]|[1-9A-F]|N_MASK)\b/;
    expect(handwritten.filter(([, text]) => parts.test(text)).map(([path]) => path)).toEqual([]);
  });

  it("would be found as a number", () => {
    const isFound = (text: string) => text.match(LITERAL) !== null;
    expect(isFound("return rcParameter(TPM_RC_SIZE, 2);")).toBe(true);
    expect(isFound("return rcAbout(TPM_RC_SIZE, 0x240);")).toBe(true);
    expect(isFound("return rcHandle(checked(key, 7), 1);")).toBe(true);
    expect(isFound("return rcAbout(\n  TPM_RC_SIZE,\n  2\n);")).toBe(true);
    expect(isFound("return rcAbout(TPM_RC_SIZE, parameters.RC_inPublic);")).toBe(false);
    expect(isFound("return rcSession(rc, decryptSession + 1);")).toBe(false);
  });
});
