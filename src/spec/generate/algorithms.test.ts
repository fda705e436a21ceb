import { describe, expect, it } from "vitest";
import { algorithms } from "../algorithms.ts";
import { algorithmAttributes, generateAlgorithms } from "./algorithms.ts";

describe("the table of algorithms", () => {
  it("has an ascending row for each algorithm, and none for TPM_ALG_ERROR and TPM_ALG_NULL", () => {
    const text = generateAlgorithms();
    const ids = [...text.matchAll(/^ {2}0x([\da-f]+), \/\/ (\w+)$/gm)].map(([, hex = "", name]) => [
      Number.parseInt(hex, 16) >>> 16,
      name,
    ]);
    const expected = Object.entries(algorithms)
      .filter(([name]) => !["TPM_ALG_ERROR", "TPM_ALG_NULL"].includes(name))
      .map(([name, { id }]) => [id, name]);
    expect(ids).toEqual(expected);
    expect(ids.map(([id]) => Number(id))).toEqual(ids.map(([id]) => Number(id)).sort((a, b) => a - b));
    expect(text).toContain(`ALGORITHM_COUNT: u32 = ${expected.length};`);
  });

  it("says which of them a profile has", () => {
    const [, body = ""] = /function hasAlgorithm\(.*?\{\n([\s\S]*?)\n\}/.exec(generateAlgorithms()) ?? [];
    const [both = "", full = ""] = body.split(/return true;|return isFull;/);
    const named = (text: string) => [...text.matchAll(/\/\/ (\w+)/g)].map(([, name = ""]) => name);
    const onlyFull = ["TPM_ALG_SM3_256", "TPM_ALG_SM4", "TPM_ALG_SHA3_256", "TPM_ALG_SHA3_384", "TPM_ALG_SHA3_512"];
    expect(named(full)).toEqual(onlyFull);
    const others = Object.keys(algorithms).filter(
      (name) => ![...onlyFull, "TPM_ALG_ERROR", "TPM_ALG_NULL"].includes(name),
    );
    expect(named(both)).toEqual(others);
  });

  it("has the TPMA_ALGORITHM that libtpms reports", () => {
    expect(algorithmAttributes(algorithms.TPM_ALG_RSA)).toBe(0x009);
    expect(algorithmAttributes(algorithms.TPM_ALG_AES)).toBe(0x002);
    expect(algorithmAttributes(algorithms.TPM_ALG_KEYEDHASH)).toBe(0x30c);
    expect(algorithmAttributes(algorithms.TPM_ALG_OAEP)).toBe(0x201);
    expect(algorithmAttributes(algorithms.TPM_ALG_ECDAA)).toBe(0x101);
    expect(algorithmAttributes(algorithms.TPM_ALG_SM2)).toBe(0x501);
    expect(algorithmAttributes(algorithms.TPM_ALG_SYMCIPHER)).toBe(0x008);
    expect(algorithmAttributes(algorithms.TPM_ALG_CTR)).toBe(0x202);
  });
});
