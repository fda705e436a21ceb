// Where the two profiles answer differently although both have the algorithm: each rule of `full` for which
// `libtpms-0.9` does as libtpms 0.9.2 does, because clients are tested against that. No command asks for the profile by
// itself (docs/decisions.md, "The profile decides which algorithms there are").
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
import { isFullProfile } from "./implemented";

/** For a tag that begins no command (Part 3, 5.2): libtpms tells the structures that it knows from the rest. */
export function rcOfTag(tag: u32): u32 {
  return isFullProfile() || isStructureOfLibtpms(tag) ? TPM_RC_BAD_TAG : TPM_RC_VALUE;
}

/** TPM_ST of libtpms 0.9.2, but for the two of commands. */
function isStructureOfLibtpms(tag: u32): bool {
  return (
    tag == TPM_ST_RSP_COMMAND ||
    tag == TPM_ST_NULL ||
    (tag >= TPM_ST_ATTEST_NV && tag <= TPM_ST_ATTEST_CREATION) ||
    (tag >= TPM_ST_CREATION && tag <= TPM_ST_AUTH_SIGNED)
  );
}

/** TPM2_GetTestResult says TPM_RC_NEEDS_TEST while there is something to be tested (Part 3, 10.4). */
export function reportsOutstandingTests(): bool {
  return isFullProfile();
}

/**
 * The first use of a protected authValue in a power cycle goes on record together with what the command changes. libtpms
 * puts it on record first and wants the command again (TPM_RC_RETRY), which not every client knows.
 */
export function recordsFirstUseWithCommand(): bool {
  return isFullProfile();
}

/** The limit of a PIN index binds policy sessions that use its authValue as well (Part 2, 13.3; Part 3, 23.4). */
export function pinLimitBindsPolicies(): bool {
  return isFullProfile();
}
