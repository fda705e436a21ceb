// Where the two profiles answer differently although both have the algorithm: each rule of `full` for which
// `libtpms-0.9` does as libtpms 0.9.2 does, because clients are tested against that. No command asks for the profile by
// itself (docs/decisions.md, "The profile decides which algorithms there are").
import { isFullProfile } from "./implemented";

/** The limit of a PIN index binds policy sessions that use its authValue as well (Part 2, 13.3; Part 3, 23.4). */
export function pinLimitBindsPolicies(): bool {
  return isFullProfile();
}
