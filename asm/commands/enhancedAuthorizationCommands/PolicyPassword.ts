// [TPM2.0 1.59] 23.18 TPM2_PolicyPassword
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyPassword as parameters } from "../../generated/parameters";
import { IS_AUTH_VALUE_NEEDED, IS_PASSWORD_NEEDED } from "../../tpm/authorization/index";
import { assertAuthValue } from "./authValue";

export function PolicyPassword(): u32 {
  assertAuthValue(parameters.policySession, IS_PASSWORD_NEEDED, IS_AUTH_VALUE_NEEDED);
  return TPM_RC_SUCCESS;
}
