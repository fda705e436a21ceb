// [TPM2.0 1.59] 24.2 TPM2_HierarchyControl
import {
  TPM_RC_AUTH_TYPE,
  TPM_RC_SUCCESS,
  TPM_RH_ENDORSEMENT,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
  TPM_RH_PLATFORM_NV,
} from "../../generated/constants";
import { HierarchyControl as parameters } from "../../generated/parameters";
import { REFUSAL_HIERARCHY_CONTROL } from "../../generated/refusals";
import { refuse } from "../../base/index";
import { flushHierarchy } from "../../tpm/objects/index";
import { EH_ENABLE, nullifyShutdown, PH_ENABLE, PH_ENABLE_NV, SH_ENABLE } from "../../tpm/state/index";

function enableOf(hierarchy: u32): usize {
  switch (hierarchy) {
    case TPM_RH_OWNER:
      return SH_ENABLE;
    case TPM_RH_ENDORSEMENT:
      return EH_ENABLE;
    case TPM_RH_PLATFORM_NV:
      return PH_ENABLE_NV;
    default:
      return PH_ENABLE;
  }
}

export function HierarchyControl(): u32 {
  const hierarchy = parameters.enable;
  const enable = enableOf(hierarchy);
  const state: u8 = parameters.state;
  if (parameters.authHandle != TPM_RH_PLATFORM) {
    // The owner and the endorsement administrator may each disable their own hierarchy, but not enable it again.
    const own = parameters.authHandle == hierarchy && (hierarchy == TPM_RH_OWNER || hierarchy == TPM_RH_ENDORSEMENT);
    if (!own || (state && !load<u8>(enable)))
      return refuse(TPM_RC_AUTH_TYPE, REFUSAL_HIERARCHY_CONTROL, parameters.authHandle, hierarchy);
  }
  if (load<u8>(enable) == state) return TPM_RC_SUCCESS;

  nullifyShutdown();
  store<u8>(enable, state);
  if (!state && hierarchy != TPM_RH_PLATFORM_NV) flushHierarchy(hierarchy);
  return TPM_RC_SUCCESS;
}
