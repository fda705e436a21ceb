import { describe, expect, it } from "vitest";
import { TPM_ALG } from "../algorithms.ts";
import { evaluate } from "../expression.ts";
import { limitsOf } from "../limits.ts";
import { allConstants, type Constant, generateConstants } from "./constants.ts";
import { valuesWith } from "./sizes.ts";
import { readSources } from "./sources.ts";
import { repository } from "./testkit/compile.ts";

const values = valuesWith(limitsOf("full"));
const constants = allConstants(values).flatMap((group) => group.constants);
const sources = readSources(repository);

interface Definition {
  readonly path: string;
  readonly name: string;
  /** Where it is a literal. */
  readonly value: number | undefined;
}
function definitionsIn(path: string, text: string): Definition[] {
  const definitions = text.matchAll(/^\s*(?:export )?const ([A-Za-z]\w*)(?:: \w+)? = ([^;]+);/gm);
  return [...definitions].map(([, name = "", expression = ""]) => ({ path, name, value: literal(expression) }));
}
function literal(expression: string): number | undefined {
  const noName = (): never => {
    throw new Error("no literal");
  };
  try {
    return evaluate(expression, { name: noName, call: noName });
  } catch {
    return undefined;
  }
}

const PREFIX = /^(TPM|TPMA|TPMI|TPMS|TPMT|RC|CC|HC|HR|HT|RH|RS|PT|PS|CAP|ALG|ECC|ST|SU|SE|EO|NT|AT|AE)_[A-Z]/;
const plain = (name: string) => name.replaceAll("_", "").toUpperCase();
/** FIXED_TPM is what TPMA_OBJECT_FIXEDTPM ends with, HT_PCR what TPM_HT_PCR does. */
function endsWith({ name }: Constant, end: string): boolean {
  const words = name.split("_");
  return words.some((_, first) => plain(words.slice(first).join("_")) === plain(end));
}
function isOfTheSpecification({ name, value }: Definition): boolean {
  if (PREFIX.test(name) || constants.some((constant) => constant.name === name)) return true;
  return value !== undefined && constants.some((constant) => constant.value === value && endsWith(constant, name));
}

describe("numbers of the specification", () => {
  /** The kernels know nothing of TPMs, and take the numbers of the registry as their own. */
  const isKernel = ({ path }: Definition) => path.startsWith("asm/crypto/");

  it("are written in the tables only: no file of the core defines one", () => {
    // These only look like one.
    const others = new Set(["asm/tpm/power/blobFields.ts: SAVE"]);
    const definitions = [...sources].flatMap(([path, text]) => definitionsIn(path, text));
    expect(definitions.length).toBeGreaterThan(200);
    const found = definitions
      .filter((definition) => !isKernel(definition) && isOfTheSpecification(definition))
      .map(({ path, name }) => `${path}: ${name}`);
    expect(found.filter((each) => !others.has(each))).toEqual([]);
  });

  it("are recognised under their own names, under parts of them, and by their prefixes", () => {
    const isFound = (text: string) => definitionsIn("x.ts", text).some(isOfTheSpecification);
    expect(isFound("const TPM_RC_VALUE: u32 = 0x84;\n")).toBe(true);
    expect(isFound("export const HMAC_SESSION_FIRST: u32 = 0x02000000;\n")).toBe(true);
    expect(isFound("export const FIXED_TPM: u32 = 1 << 1;\n")).toBe(true);
    expect(isFound("export const HT_PCR: u32 = 0x00;\n")).toBe(true);
    expect(isFound("const RSA: u32 = 0x0001;\n")).toBe(true);
    expect(isFound("const TPM_RC_NEW: u32 = 0x999;\n")).toBe(true);
    expect(isFound("const SIGN: u32 = 0x80;\n")).toBe(false);
    expect(isFound("const VERSION: u32 = 1;\n")).toBe(false);
    expect(isFound("const LAST: u32 = TPM_ALG_ECB;\n")).toBe(false);
  });

  it("by which kernels are chosen are those of the registry", () => {
    const kernels = definitionsIn("", sources.get("asm/crypto/algorithms.ts") ?? "");
    expect(kernels.length).toBe(12);
    const numbers: Readonly<Record<string, number>> = TPM_ALG;
    for (const { name, value } of kernels) expect(value, name).toBe(numbers[`TPM_${name}`]);
  });

  it("are generated only where the core imports them", () => {
    const text = generateConstants(values, new Set(["TPM_RC_VALUE", "TPMA_NV_WRITTEN"]));
    expect([...text.matchAll(/^export const (.*);$/gm)].map((match) => match[1])).toEqual([
      "TPM_RC_VALUE: u32 = 0x84",
      "TPMA_NV_WRITTEN: u32 = 0x20000000",
    ]);
    expect(() => generateConstants(values, new Set(["TPM_RC_VALVE"]))).toThrow("asm imports TPM_RC_VALVE");
    expect(generateConstants(values).match(/^export const /gm)?.length).toBe(constants.length);
  });
});
