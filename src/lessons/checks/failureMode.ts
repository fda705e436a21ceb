import { defineCheck, missing, passed } from "../check.ts";

/** The TPM is in its failure mode. */
export const failureMode = defineCheck({
  name: "failureMode",
  words: "The TPM is in failure mode.",
  parameters: {},
  describe: () => "the TPM is in failure mode",
  run: (_, { inspection }) => (inspection?.failureMode ? passed : missing("The TPM is not in failure mode.")),
});
