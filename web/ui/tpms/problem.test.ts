import { afterAll, expect, test } from "vitest";
import { type StateFileProblem, TPM_NAME_LIMIT, type TpmNameProblem } from "../../../src/index.ts";
import type { TpmsProblem } from "../../state/tpms.ts";
import { LANGUAGES, useLanguage } from "../../words/index.ts";
import { sentenceOf } from "./Problem.tsx";

/** Every reason that there is: the types hold the lists to the library's. */
const nameReasons: Record<TpmNameProblem, true> = { empty: true, long: true, character: true, taken: true };
const fileReasons: Record<StateFileProblem | "damaged" | "newer" | "large", true> = {
  empty: true,
  sealed: true,
  volatile: true,
  variables: true,
  swtpm: true,
  cut: true,
  other: true,
  damaged: true,
  newer: true,
  large: true,
};
const problems: TpmsProblem[] = [
  ...Object.keys(nameReasons).map((reason) => ({ kind: "name", reason }) as const),
  ...Object.keys(fileReasons).map((reason) => ({ kind: "file", reason }) as const),
  ...(["in use", "gone", "not loaded"] as const).map((kind) => ({ kind, reason: "" })),
];

afterAll(() => useLanguage("en"));

test.each(LANGUAGES)("each reason not to do something has a sentence of its own: %s", async (language) => {
  await useLanguage(language);
  const sentences = problems.map(sentenceOf);
  expect(new Set(sentences).size).toBe(problems.length);
  for (const sentence of sentences) expect(sentence).toMatch(/^[A-ZÄÖÜ].*[.]$/s);
  expect(sentenceOf({ kind: "name", reason: "long" })).toContain(`${TPM_NAME_LIMIT}`);
  // What nobody foresaw is said as it came.
  const unforeseen = sentenceOf({ kind: "file", reason: "constructor" });
  expect(unforeseen).toBe(sentenceOf({ kind: "failed", reason: "constructor" }));
  expect(unforeseen).toContain("constructor");
});
