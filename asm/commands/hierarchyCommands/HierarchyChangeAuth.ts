// [TPM2.0 1.59] 24.8 TPM2_HierarchyChangeAuth
import { TPM_RC_SUCCESS, TPM_RH_ENDORSEMENT, TPM_RH_LOCKOUT, TPM_RH_OWNER } from "../../generated/constants";
import { HierarchyChangeAuth as parameters } from "../../generated/parameters";
import { copy2B, removeTrailingZeros } from "../../base/index";
import { clearAuth } from "../../tpm/platform/index";
import {
  ENDORSEMENT_AUTH,
  LOCKOUT_AUTH,
  nullifyShutdown,
  OWNER_AUTH,
  permanentChange,
  PLATFORM_AUTH,
} from "../../tpm/state/index";

/** Any size that a TPM2B_AUTH may have is allowed: the integrity hash of contexts is the largest hash there is. */
export function HierarchyChangeAuth(): u32 {
  const handle = parameters.authHandle;
  removeTrailingZeros(parameters.newAuth);

  let auth = PLATFORM_AUTH;
  if (handle == TPM_RH_OWNER) auth = OWNER_AUTH;
  else if (handle == TPM_RH_ENDORSEMENT) auth = ENDORSEMENT_AUTH;
  else if (handle == TPM_RH_LOCKOUT) auth = LOCKOUT_AUTH;
  if (auth == PLATFORM_AUTH) nullifyShutdown();
  else permanentChange();
  clearAuth(auth);
  copy2B(auth, parameters.newAuth);
  return TPM_RC_SUCCESS;
}
