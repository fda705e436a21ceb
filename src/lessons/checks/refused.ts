/** A refusal by its reason, which is finer than the response code. */
import { refusalNames } from "../../spec/refusals.ts";
import { defineCheck, missing } from "../check.ts";
import { list, oneOf, required } from "../schema.ts";
import { commandName } from "./command.ts";
import { anyFulfils, listed } from "./wants.ts";

export const refused = defineCheck({
  name: "refused",
  words: "A command that the TPM has refused since the step began, for one reason.",
  parameters: {
    name: required(list(commandName), "which command; of several any"),
    check: required(
      oneOf(refusalNames, "a reason of src/spec/refusals.ts, as PIN_USED_UP"),
      "which of the TPM's checks failed",
    ),
  },
  describe: ({ name, check }) => `${listed(name)} is refused by the check ${check}`,
  run: ({ name, check }, { commands }) => {
    const candidates = commands.filter((seen) => name.some((each) => each === seen.name));
    if (candidates.length === 0)
      return missing(`${listed(name.map((each) => `TPM2_${each}`))} was not sent to the TPM yet.`);
    return anyFulfils(candidates, [
      {
        holds: ({ succeeded }) => !succeeded,
        hint: (seen) => `the TPM carried TPM2_${seen.name} out; a refusal was asked`,
      },
      {
        holds: ({ reason }) => reason?.check === check,
        hint: (seen) =>
          `the TPM refused TPM2_${seen.name} with ${seen.responseCode.name}; another refusal was asked. ${seen.responseCode.explanation}`,
      },
    ]);
  },
});
