// [TPM2.0 1.59] 23.12 TPM2_PolicyPhysicalPresence
import { TPM_CC_PolicyPhysicalPresence, TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyPhysicalPresence as parameters } from "../../generated/parameters";
import { IS_PP_REQUIRED, sessionOf, setAttribute } from "../../tpm/authorization/index";
import { extendPolicy } from "../../tpm/policy/index";

export function PolicyPhysicalPresence(): u32 {
  const session = sessionOf(parameters.policySession);
  extendPolicy(session, TPM_CC_PolicyPhysicalPresence, 0);
  setAttribute(session, IS_PP_REQUIRED);
  return TPM_RC_SUCCESS;
}
