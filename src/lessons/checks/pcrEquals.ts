/** Two PCRs with one value: what a replay comes to. */
import { equal } from "../../attest/octets.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import { oneOf, optional, required } from "../schema.ts";
import { bankNames, pcrNumber, pcrValue } from "./banks.ts";

export const pcrEquals = defineCheck({
  name: "pcrEquals",
  words: "A PCR has the value that another one has.",
  parameters: {
    index: required(pcrNumber, "which PCR"),
    other: required(pcrNumber, "whose value it has"),
    bank: optional(oneOf(bankNames), "of which bank; sha256 by default"),
  },
  describe: ({ index, other, bank = "sha256" }) => `PCR ${index} is what PCR ${other} is (${bank})`,
  run: ({ index, other, bank = "sha256" }, { inspection, commands }) => {
    const [value, wanted] = [index, other].map((pcr) => pcrValue(inspection, bank, pcr));
    if (!value || !wanted) return missing(`The TPM has no PCR ${index} and ${other} in a ${bank} bank now.`);
    if (equal(value, wanted)) return passed;
    const tried = commands.some(({ handles, succeeded }) => succeeded && handles[0]?.handle === index);
    return (tried ? wrong : missing)(`PCR ${index} of the ${bank} bank is not what PCR ${other} is.`);
  },
});
