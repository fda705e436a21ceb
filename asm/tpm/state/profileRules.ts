// Where TPMs of the profile libtpms-0.9 answer otherwise than Part 3 has it, because their clients know libtpms. Which
// algorithms and limits there are is not asked here but in algorithms/implemented.ts; docs/decisions.md has the reasons.
import {
  TPM_RC_BAD_TAG,
  TPM_RC_VALUE,
  TPM_ST_ATTEST_CREATION,
  TPM_ST_ATTEST_NV,
  TPM_ST_AUTH_SIGNED,
  TPM_ST_CREATION,
  TPM_ST_NULL,
  TPM_ST_RSP_COMMAND,
} from "../../generated/constants";
import { PROFILE } from "./state";

/** Everything that asm/crypto has. */
export const PROFILE_FULL: u32 = 0;
/** Exactly the algorithms, key sizes, curves and limits of libtpms 0.9.2. */
export const PROFILE_LIBTPMS_0_9: u32 = 1;

export function isFullProfile(): bool {
  return load<u32>(PROFILE) == PROFILE_FULL;
}

/** For a tag that begins no command: libtpms tells the structures that it knows from the rest. */
export function rcOfTag(tag: u32): u32 {
  return isFullProfile() || isKnownStructure(tag) ? TPM_RC_BAD_TAG : TPM_RC_VALUE;
}

/** TPM_ST of libtpms 0.9, but for the two of commands. */
function isKnownStructure(tag: u32): bool {
  return (
    tag == TPM_ST_RSP_COMMAND ||
    tag == TPM_ST_NULL ||
    (tag >= TPM_ST_ATTEST_NV && tag <= TPM_ST_ATTEST_CREATION) ||
    (tag >= TPM_ST_CREATION && tag <= TPM_ST_AUTH_SIGNED)
  );
}
