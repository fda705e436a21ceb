// [TPM2.0 1.59] 32.4 TPM2_Policy_AC_SendSelect
import { TPM_CC_AC_Send, TPM_CC_Policy_AC_SendSelect, TPM_RC_SUCCESS } from "../../generated/constants";
import { Policy_AC_SendSelect as parameters } from "../../generated/parameters";
import { sessionOf } from "../../tpm/authorization/index";
import { canSelect, select } from "../../tpm/policy/index";

export function Policy_AC_SendSelect(): u32 {
  const session = sessionOf(parameters.policySession);
  const rc = canSelect(session);
  if (rc != TPM_RC_SUCCESS) return rc;

  const authHandle = parameters.authHandleName;
  const includeObject: u32 = parameters.includeObject;
  const code = TPM_CC_Policy_AC_SendSelect;
  select(session, code, TPM_CC_AC_Send, parameters.objectName, authHandle, parameters.acName, includeObject);
  return TPM_RC_SUCCESS;
}
