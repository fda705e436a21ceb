import { expect, test } from "vitest";
import { english, explainRefusal } from "../../src/index.ts";
import { german } from "./de/reasons.ts";

const placeholders = (sentence: string) => [...new Set(sentence.match(/\{\w+\}/g))].sort();

test("a German sentence says what the English one says, of the same values", () => {
  for (const [check, sentence] of Object.entries(english.sentences)) {
    const translated = german.sentences[check as keyof typeof german.sentences];
    expect([check, placeholders(translated)]).toEqual([check, placeholders(sentence)]);
    if (sentence !== "{field}.") expect(translated).not.toBe(sentence);
  }
});

test("a wrong HMAC, in German", () => {
  const command = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 4);
  const response = Uint8Array.of(0x80, 1, 0, 0, 0, 10, 0, 0, 9, 0x8e);
  const operands = { session: 1, entity: 0x80000001, tries: 2, maxTries: 3 };
  expect(explainRefusal({ command, response, reason: { check: "HMAC_WRONG_COUNTED", operands } }, german)?.text).toBe(
    "Der HMAC von Sitzung 1 passt nicht zum authValue für Objekt 80000001. Versuch 2 von 3; mit dem nächsten beginnt die Sperre.",
  );
  expect(explainRefusal({ command, response, reason: null }, german)).toEqual({
    kind: "general",
    text: "Sitzung 1: die Autorisierung schlug fehl und zählt für die Sperre.",
  });
});
