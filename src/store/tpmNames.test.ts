import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { checkTpmName, freeTpmName, isSameTpmName, TPM_NAME_LIMIT, TpmNameError } from "./tpmNames.ts";

function reasonFor(text: string): string {
  try {
    return `taken as ${JSON.stringify(checkTpmName(text))}`;
  } catch (error) {
    if (!(error instanceof TpmNameError)) throw error;
    return error.reason;
  }
}

describe("a TPM's name", () => {
  it.each([
    ["default", "default"],
    ["  Prüfstand   7 ", "Prüfstand 7"],
    ["Pru\u0308fstand", "Prüfstand"],
    ["实验室 🔐", "实验室 🔐"],
    ["a/b?c=d#e%20.", "a/b?c=d#e%20."],
    ["𝒳".repeat(TPM_NAME_LIMIT), "𝒳".repeat(TPM_NAME_LIMIT)],
  ])("is kept: %j", (text, name) => {
    expect(reasonFor(text)).toBe(`taken as ${JSON.stringify(name)}`);
  });

  it.each([
    ["", "empty"],
    [" \u3000 ", "empty"],
    ["x".repeat(TPM_NAME_LIMIT + 1), "long"],
    ["a\0b", "character"],
    ["a\nb", "character"],
    ["a\u007fb", "character"],
    // Turned round: it would be read as another name.
    ["lab\u202egnp", "character"],
    ["lab\u2066", "character"],
    ["lab\u200b", "character"],
    ["\ufefflab", "character"],
    ["lab\u2028", "character"],
    ["lab\ud800", "character"],
    ["lab\uffff", "character"],
  ])("is refused: %j", (text, reason) => {
    expect(reasonFor(text)).toBe(reason);
  });

  it("that is kept is kept again as it is, and has nothing that is not seen", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const before = reasonFor(text);
        if (!before.startsWith("taken as ")) return;
        const name = checkTpmName(text);
        expect(checkTpmName(name)).toBe(name);
        expect([...name].length).toBeLessThanOrEqual(TPM_NAME_LIMIT);
        expect(name).not.toMatch(/\p{C}(?<!\p{Co})/u);
      }),
    );
  });
});

test("names that would be taken for each other are the same", () => {
  expect(isSameTpmName("Lab", "lab")).toBe(true);
  expect(isSameTpmName("ＬＡＢ 2", "lab 2")).toBe(true);
  expect(isSameTpmName("lab", "lab 2")).toBe(false);
});

test("a free name is another one, and not too long", () => {
  expect(freeTpmName("lab", ["other"])).toBe("lab");
  expect(freeTpmName("lab", ["LAB", "lab 2"])).toBe("lab 3");
  const long = "x".repeat(TPM_NAME_LIMIT);
  expect(checkTpmName(freeTpmName(long, [long]))).toMatch(/^x+ 2$/);
});
