// [TPM2.0 1.59] 23.15 TPM2_PolicyDuplicationSelect
import { TPM_CC_Duplicate, TPM_CC_PolicyDuplicationSelect, TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyDuplicationSelect as parameters } from "../../generated/parameters";
import { sessionOf } from "../../tpm/authorization/index";
import { canSelect, select } from "../../tpm/policy/index";

export function PolicyDuplicationSelect(): u32 {
  const session = sessionOf(parameters.policySession);
  const rc = canSelect(session);
  if (rc != TPM_RC_SUCCESS) return rc;

  const includeObject: u32 = parameters.includeObject;
  const code = TPM_CC_PolicyDuplicationSelect;
  select(session, code, TPM_CC_Duplicate, parameters.objectName, parameters.newParentName, 0, includeObject);
  return TPM_RC_SUCCESS;
}
