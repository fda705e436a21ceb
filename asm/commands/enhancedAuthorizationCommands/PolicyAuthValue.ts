// [TPM2.0 1.59] 23.17 TPM2_PolicyAuthValue
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyAuthValue as parameters } from "../../generated/parameters";
import { IS_AUTH_VALUE_NEEDED, IS_PASSWORD_NEEDED } from "../../tpm/authorization/index";
import { assertAuthValue } from "./authValue";

export function PolicyAuthValue(): u32 {
  assertAuthValue(parameters.policySession, IS_AUTH_VALUE_NEEDED, IS_PASSWORD_NEEDED);
  return TPM_RC_SUCCESS;
}
