import { toHex } from "../../engine/bytes.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import type { Facts } from "../facts.ts";
import { list, oneOf, optional, shape, textOrNumber } from "../schema.ts";
import { bankAlgorithm, bankNames, pcrNumber, pcrValue } from "./banks.ts";

const isSentence = (value: unknown): value is string => typeof value === "string" && /^[A-Z0-9“].*[.?!]$/s.test(value);

/** What the learner types, however it is written: "0x18", "18:ab", with blanks. */
export const normalized = (text: string): string =>
  text
    .trim()
    .toLowerCase()
    .replace(/^0x/, "")
    .replace(/[\s:"'`]/g, "");

/** The learner's answer to the question of the step. */
export const answer = defineCheck({
  name: "answer",
  words:
    "What the learner has typed into the step's question. Blanks, colons, capitals and a leading 0x make no difference.",
  parameters: {
    is: optional(list(textOrNumber), "the right answer; of several any"),
    eventDigest: optional(
      shape("the text of an event", (value) => (typeof value === "string" ? value : undefined)),
      "the digest of the event of the firmware's log whose text contains this",
    ),
    pcr: optional(pcrNumber, "the value of this PCR now"),
    bank: optional(oneOf(bankNames), "of that digest or PCR; sha256 by default"),
    hint: optional(
      shape("a sentence, from its capital to its stop", (value) => (isSentence(value) ? value : undefined)),
      "for a wrong answer",
    ),
  },
  asks: ["is", "eventDigest", "pcr"],
  describe: ({ is = [], eventDigest, pcr, bank = "sha256" }) => {
    const right = [
      ...is,
      ...(eventDigest === undefined ? [] : [`the ${bank} digest of the event “${eventDigest}”`]),
      ...(pcr === undefined ? [] : [`the value of PCR ${pcr} (${bank})`]),
    ];
    return `the answer is ${right.join(" or ")}`;
  },
  run: ({ is = [], eventDigest, pcr, bank = "sha256", hint }, facts) => {
    if (facts.answer === null) return missing("The question has no answer yet.");
    const value = pcr === undefined ? null : pcrValue(facts.inspection, bank, pcr);
    const right = [
      ...is,
      ...(eventDigest === undefined ? [] : digestsOf(eventDigest, bankAlgorithm(bank), facts)),
      ...(value === null ? [] : [toHex(value)]),
    ];
    if (right.some((each) => normalized(each) === normalized(facts.answer!))) return passed;
    return wrong(hint ?? `“${facts.answer}” is not the answer.`);
  },
});

function digestsOf(text: string, algorithm: number, { lastBoots }: Facts): string[] {
  const events = lastBoots.at(-1)?.log?.events ?? [];
  return events
    .filter(({ data }) => new TextDecoder().decode(data).includes(text))
    .flatMap(({ digests }) => digests.filter((each) => each.algorithm === algorithm))
    .map(({ digest }) => toHex(digest));
}
