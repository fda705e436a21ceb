// [TPM2.0 1.59] 28.4 TPM2_FlushContext
import { TPM_HT_TRANSIENT, TPM_RC_HANDLE, TPM_RC_SUCCESS, TPM_RH_UNASSIGNED } from "../../generated/constants";
import { FlushContext as parameters } from "../../generated/parameters";
import { REFUSAL_FLUSH_ABSENT } from "../../generated/refusals";
import { handleType, rcAbout, refuse } from "../../base/index";
import { flushSession, isLoaded, isSavedSession } from "../../tpm/authorization/index";
import { flushObject, isPresent } from "../../tpm/objects/index";
import { EXCLUSIVE_AUDIT_SESSION } from "../../tpm/state/index";

export function FlushContext(): u32 {
  const handle = parameters.flushHandle;
  if (handleType(handle) == TPM_HT_TRANSIENT) {
    if (!isPresent(handle)) return refuseAbsent(handle);
    flushObject(handle);
    return TPM_RC_SUCCESS;
  }
  if (!isLoaded(handle) && !isSavedSession(handle)) return refuseAbsent(handle);
  if (load<u32>(EXCLUSIVE_AUDIT_SESSION) == handle) store<u32>(EXCLUSIVE_AUDIT_SESSION, TPM_RH_UNASSIGNED);
  flushSession(handle);
  return TPM_RC_SUCCESS;
}

function refuseAbsent(handle: u32): u32 {
  return rcAbout(refuse(TPM_RC_HANDLE, REFUSAL_FLUSH_ABSENT, handle), parameters.RC_flushHandle);
}
