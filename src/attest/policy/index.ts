/**
 * What a verifier asks of a machine: the shape of it (policy.ts), as JSON (policyFormat.ts, json.ts), held against what was
 * proven (checkPolicy.ts, secureBoot.ts, imaRule.ts), and made from a good boot (learnPolicy.ts).
 */
export { checkPolicy, type PolicyEvidence } from "./checkPolicy.ts";
export { learnPolicy } from "./learnPolicy.ts";
export type * from "./policy.ts";
export { EMPTY_POLICY } from "./policy.ts";
export { MAX_POLICY_SIZE, PolicyError, parsePolicy, serializePolicy } from "./policyFormat.ts";
