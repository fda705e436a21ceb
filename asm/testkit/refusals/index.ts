/** Commands that are refused by one check each, for those that neither the transcript nor a scenario meets. */
import { commandRefusals } from "./commands.ts";
import { objectRefusals } from "./objects.ts";
import { policyRefusals } from "./policies.ts";
import type { RefusalCases } from "./refused.ts";
import { sessionRefusals } from "./sessions.ts";

export type { RefusalCase } from "./refused.ts";
export const refusalCases: RefusalCases = {
  ...commandRefusals,
  ...sessionRefusals,
  ...policyRefusals,
  ...objectRefusals,
};
