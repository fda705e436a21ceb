/** Passthrough: the host's own TPM under a guest, and the filter that keeps the guest's firmware from harming it. */
export { type FilterState, judge, unknownAllowances, type Verdict } from "./filter.ts";
export { ALLOWABLE } from "./rules.ts";
export { type Chip, type RefusedCommand, SharedChip, type SharedChipOptions } from "./sharedChip.ts";
