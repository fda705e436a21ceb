import { defineCheck, missing, passed, wrong } from "../check.ts";
import { count, required } from "../schema.ts";

/** How many transient objects and sequences the TPM has. */
export const transients = defineCheck({
  name: "transients",
  words: "How many transient objects are in the TPM.",
  parameters: { count: required(count(), "as many, exactly") },
  describe: ({ count: wanted }) => `${wanted} transient objects in the TPM`,
  run: ({ count: wanted }, { inspection, commands }) => {
    if (inspection === null) return missing("The TPM has no power.");
    const { length } = inspection.transient;
    if (length === wanted) return passed;
    return (commands.length > 0 ? wrong : missing)(
      `The TPM has ${length} transient ${length === 1 ? "object" : "objects"}; ${wanted} was asked.`,
    );
  },
});
