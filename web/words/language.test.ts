import fc from "fast-check";
import { expect, test } from "vitest";
import { chooseLanguage, LANGUAGES, languageInUse, useLanguage, words } from "./index.ts";

test("the address comes before what is kept, and that before the browser's languages", () => {
  expect(chooseLanguage("de", "en", ["en-GB"])).toBe("de");
  expect(chooseLanguage(null, "de", ["en-GB"])).toBe("de");
  expect(chooseLanguage(null, undefined, ["fr-FR", "de-AT", "en"])).toBe("de");
  expect(chooseLanguage("tlh", "x", ["fr"])).toBe("en");
});

test("whatever is asked for, the page has it", () => {
  const text = fc.option(fc.string());
  fc.assert(
    fc.property(text, text, fc.array(fc.string()), (asked, kept, preferred) => {
      expect(LANGUAGES).toContain(chooseLanguage(asked, kept, preferred));
    }),
  );
});

test("a language that is taken into use is the one that speaks", async () => {
  await useLanguage("de");
  expect([languageInUse(), words().common.cancel]).toEqual(["de", "Abbrechen"]);
  await useLanguage("en");
  expect([languageInUse(), words().common.cancel]).toEqual(["en", "Cancel"]);
});
