/** Two PCRs with one value: what a replay comes to. */
import { defineCheck, missing, passed, wrong } from "../check.ts";
import { integer, oneOf, optional, required } from "../schema.ts";
import { bankNames, isSame, pcrValue } from "./banks.ts";

const LAST_PCR = 23;

export const pcrEquals = defineCheck({
  name: "pcrEquals",
  words: "A PCR has the value that another one has.",
  parameters: {
    index: required(integer(0, LAST_PCR), "which PCR"),
    other: required(integer(0, LAST_PCR), "whose value it has"),
    bank: optional(oneOf(bankNames), "of which bank; sha256 by default"),
  },
  describe: ({ index, other, bank = "sha256" }) => `PCR ${index} is what PCR ${other} is (${bank})`,
  run: ({ index, other, bank = "sha256" }, { inspection, commands }) => {
    const [value, wanted] = [index, other].map((pcr) => pcrValue(inspection, bank, pcr));
    if (!value || !wanted) return missing(`The TPM has no PCR ${index} and ${other} in a ${bank} bank now.`);
    if (isSame(value, wanted)) return passed;
    const tried = commands.some(({ handles, succeeded }) => succeeded && handles[0]?.handle === index);
    return (tried ? wrong : missing)(`PCR ${index} of the ${bank} bank is not what PCR ${other} is.`);
  },
});
