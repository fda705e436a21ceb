import { defineCheck, missing, passed, wrong } from "../check.ts";
import { flag, oneOf, optional, required } from "../schema.ts";
import { hierarchyNames } from "./command.ts";

const names = [...hierarchyNames, "lockout"] as const;
const CHANGING = ["HierarchyChangeAuth", "HierarchyControl", "SetPrimaryPolicy", "Clear"];

/** A hierarchy, or the lockout authority, as it stands. */
export const hierarchy = defineCheck({
  name: "hierarchy",
  words:
    "A hierarchy as it stands: whether it may be used, and whether something is needed for that. Lockout has no more than its authorisation.",
  parameters: {
    name: required(oneOf(names), "which"),
    authSet: optional(flag, "whether its authValue is set"),
    policySet: optional(flag, "whether it has an authPolicy"),
    enabled: optional(flag, "whether it is enabled"),
  },
  asks: ["authSet", "policySet", "enabled"],
  describe: ({ name, authSet, policySet, enabled }) =>
    [
      `the ${name} hierarchy`,
      authSet !== undefined && (authSet ? "has an authValue" : "has no authValue"),
      policySet !== undefined && (policySet ? "has an authPolicy" : "has no authPolicy"),
      enabled !== undefined && (enabled ? "is enabled" : "is disabled"),
    ]
      .filter(Boolean)
      .join(", "),
  run: ({ name, authSet, policySet, enabled }, { inspection, commands }) => {
    if (inspection === null) return missing("The TPM has no power.");
    const found =
      name === "lockout"
        ? { ...inspection.lockout, enabled: inspection.lockout.lockoutAuthEnabled }
        : inspection.hierarchies.find((each) => each.name === name)!;
    const say = commands.some((seen) => CHANGING.includes(seen.name)) ? wrong : missing;
    const its = `the ${name} hierarchy`;
    const differs = (wanted: boolean | undefined, is: boolean) => wanted !== undefined && wanted !== is;
    if (differs(authSet, found.authSet)) return say(`There is ${authSet ? "no" : "an"} authValue of ${its}.`);
    if (differs(policySet, found.policy !== null))
      return say(`There is ${policySet ? "no" : "an"} authPolicy of ${its}.`);
    if (differs(enabled, found.enabled)) return say(`Now ${its} is ${found.enabled ? "enabled" : "disabled"}.`);
    return passed;
  },
});
