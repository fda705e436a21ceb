// [TPM2.0 1.59] 11.2 TPM2_PolicyRestart
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyRestart as parameters } from "../../generated/parameters";
import { resetPolicy, sessionOf } from "../../tpm/authorization/index";

export function PolicyRestart(): u32 {
  resetPolicy(sessionOf(parameters.sessionHandle));
  return TPM_RC_SUCCESS;
}
