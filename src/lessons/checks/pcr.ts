/** A PCR: its value as it stands, and what became of it since the step began. */
import { equal, fromHex } from "../../attest/octets.ts";
import { toHex } from "../../engine/bytes.ts";
import { PcrRecorder } from "../../history/recorder.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import type { Facts } from "../facts.ts";
import { count, hex, list, oneOf, only, optional, parameters, required, text } from "../schema.ts";
import type { SeenCommand } from "../seen.ts";
import { type BankName, bankAlgorithm, bankNames, digestOf, extendAll, pcrNumber, pcrValue } from "./banks.ts";
import { times } from "./wants.ts";

const EXTENDING = ["PCR_Extend", "PCR_Event", "EventSequenceComplete"];

const extendedWith = parameters(
  {
    texts: optional(list(text), "texts whose hashes it was extended with, in their order"),
    digests: optional(list(hex), "digests that it was extended with, in their order"),
    from: optional(oneOf(["before", "zero"]), "what it had before: any value (default), or zeros"),
  },
  "what makes its value",
);

export const pcr = defineCheck({
  name: "pcr",
  words: "A PCR's value, and what became of it since the step began.",
  parameters: {
    index: required(pcrNumber, "which PCR"),
    bank: optional(oneOf(bankNames), "of which bank; sha256 by default"),
    is: optional(hex, "its value"),
    zero: optional(only(true), "it is all zeros"),
    changed: optional(only(true), "it has another value than when the step began"),
    unchanged: optional(only(true), "it has the value that it had when the step began"),
    extended: optional(extendedWith, "its value is that of these extensions"),
    times: optional(count(1), "how often it was extended since the step began, or since it was reset, exactly"),
    reset: optional(only(true), "it was reset by TPM2_PCR_Reset since the step began"),
  },
  asks: ["is", "zero", "changed", "unchanged", "extended", "times", "reset"],
  describe: ({ index, bank = "sha256", is, zero, changed, unchanged, extended, times: often, reset }) =>
    [
      `PCR ${index} (${bank})`,
      is && `is ${is}`,
      zero && "is all zeros",
      changed && "has changed",
      unchanged && "is as it was",
      extended && `is ${extended.from === "zero" ? "zeros" : "its value of before"} extended with ${inWords(extended)}`,
      often && `was extended ${times(often)}`,
      reset && "was reset",
    ]
      .filter(Boolean)
      .join(", "),
  run: async ({ index, bank = "sha256", is, zero, changed, unchanged, extended, times: often, reset }, facts) => {
    const value = pcrValue(facts.inspection, bank, index);
    if (value === null) return missing(`The TPM has no PCR ${index} in a ${bank} bank now.`);
    const attempts = extensionsOf(index, facts);
    const resets = aboutPcr(index, facts).filter(({ name }) => name === "PCR_Reset");
    const say = attempts.length + resets.length > 0 ? wrong : missing;
    const its = `PCR ${index} of the ${bank} bank`;
    const before = pcrValue(facts.before, bank, index);
    if (reset && !resets.some(({ succeeded }) => succeeded)) return say(`${its} was not reset.`);
    if (often !== undefined && attempts.length !== often)
      return say(
        `${its} was extended ${attempts.length === 0 ? "not at all" : times(attempts.length)}; ${times(often)} was asked.`,
      );
    if (zero && value.some((octet) => octet !== 0)) return say(`${its} is ${shown(value)}; zeros were asked.`);
    if (is !== undefined && toHex(value) !== is)
      return say(`${its} is ${shown(value)}; ${is.slice(0, 16)}… was asked.`);
    if (changed && before !== null && equal(before, value)) return say(`${its} still has the value that it had.`);
    if (unchanged && (before === null || !equal(before, value)))
      return say(`${its} has changed; it was to stay as it was.`);
    if (extended !== undefined) {
      const wanted = await digestsOf(bank, extended);
      const holds =
        extended.from === "zero"
          ? equal(await extendAll(bank, new Uint8Array(value.length), wanted), value)
          : endsWith(digestsSeen(attempts, bank), wanted.map(toHex));
      if (!holds) {
        const from = extended.from === "zero" ? "zeros" : "its value of before";
        return say(`${its} is ${shown(value)}, which is not ${from} extended with ${inWords(extended)}.`);
      }
    }
    return passed;
  },
});

interface Extensions {
  readonly texts: readonly string[] | undefined;
  readonly digests: readonly string[] | undefined;
}

const inWords = ({ texts = [], digests = [] }: Extensions) =>
  [...texts.map((each) => `the hash of “${each}”`), ...digests.map((each) => `${each.slice(0, 16)}…`)].join(
    " and then ",
  );

const digestsOf = async (bank: BankName, { texts = [], digests = [] }: Extensions) => [
  ...(await Promise.all(texts.map((each) => digestOf(bank, new TextEncoder().encode(each))))),
  ...digests.map((each) => fromHex(each)!),
];

const shown = (value: Uint8Array) =>
  value.every((octet) => octet === 0) ? "all zeros" : `${toHex(value).slice(0, 16)}…`;

const aboutPcr = (index: number, { commands }: Facts) => commands.filter(({ handles }) => handles[0]?.handle === index);

/** Since the step began, or since it was last reset. */
function extensionsOf(index: number, facts: Facts): SeenCommand[] {
  const about = aboutPcr(index, facts).filter(({ succeeded }) => succeeded);
  const reset = about.findLastIndex(({ name }) => name === "PCR_Reset");
  return about.slice(reset + 1).filter(({ name }) => EXTENDING.includes(name));
}

/** What the commands extended that bank with, in hex. */
function digestsSeen(commands: readonly SeenCommand[], bank: BankName): string[] {
  const recorder = new PcrRecorder();
  for (const { octets, response } of commands)
    recorder.observe({ command: octets, response, locality: 0, own: false, startedAt: 0 });
  return recorder.steps.flatMap(({ digests }) =>
    digests.filter(({ algorithm }) => algorithm === bankAlgorithm(bank)).map(({ digest }) => digest),
  );
}

const endsWith = (all: readonly string[], last: readonly string[]) =>
  all.length >= last.length && last.every((each, at) => all[all.length - last.length + at] === each);
