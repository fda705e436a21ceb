// policy: what the Policy commands share: extending policyDigest, what a policy session selects, conditions. May import
// authorization, signing and what is below; not protection.
export * from "./condition";
export * from "./policy";
export * from "./policySelect";
