/** Two boots compared by their PCRs, as these were when the kernel began: firmware and boot loader had done their work. */
import { equal as isSame } from "../../attest/octets.ts";
import { defineCheck, missing, passed, wrong } from "../check.ts";
import { list, oneOf, optional } from "../schema.ts";
import { type BankName, bankNames, pcrNumber, pcrValue } from "./banks.ts";
import { listed } from "./wants.ts";

const pcrs = list(pcrNumber);

export const bootPcrs = defineCheck({
  name: "bootPcrs",
  words: "The PCRs with which the kernel began, in this boot and in the one before it.",
  parameters: {
    bank: optional(oneOf(bankNames), "of which bank; sha256 by default"),
    differ: optional(pcrs, "PCRs that have other values"),
    equal: optional(pcrs, "PCRs that have the same values"),
  },
  asks: ["differ", "equal"],
  describe: ({ differ, equal }) =>
    [
      differ && `PCR ${listed(differ.map(String), "and")} differ from the boot before`,
      equal && `PCR ${listed(equal.map(String), "and")} are as in the boot before`,
    ]
      .filter(Boolean)
      .join(", "),
  run: ({ bank = "sha256", differ = [], equal = [] }, { lastBoots, boots, stage }) => {
    const [before, now] = lastBoots.slice(-2);
    if (boots === 0 || before === undefined || now === undefined) return missing("The PC has not booted again yet.");
    if (stage !== "shell") return missing("The PC is still booting.");
    const changed = (index: number, of: BankName = bank) => {
      const [a, b] = [pcrValue(before.atKernel, of, index), pcrValue(now.atKernel, of, index)];
      return a === null || b === null || !isSame(a, b);
    };
    const same = differ.filter((index) => !changed(index));
    if (same.length > 0)
      return wrong(
        `PCR ${listed(same.map(String), "and")} had the same value in the boot before; a boot was asked that changes it.`,
      );
    const others = equal.filter((index) => changed(index));
    if (others.length > 0)
      return wrong(
        `PCR ${listed(others.map(String), "and")} had another value in the boot before; a boot was asked that leaves it.`,
      );
    return passed;
  },
});
