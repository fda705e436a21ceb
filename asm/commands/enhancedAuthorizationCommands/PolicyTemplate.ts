// [TPM2.0 1.59] 23.21 TPM2_PolicyTemplate
import {
  TPM_CC_PolicyTemplate,
  TPM_RC_CPHASH,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { PolicyTemplate as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_HASH_BOUND, REFUSAL_POLICY_TEMPLATE_BOUND } from "../../generated/refusals";
import { equal2B, rcAbout, refuse, sizeOf2B } from "../../base/index";
import {
  CP_HASH,
  hasAttribute,
  IS_TEMPLATE_HASH_DEFINED,
  POLICY_DIGEST,
  sessionOf,
} from "../../tpm/authorization/index";
import { bindPolicy, checkHashSize, extendPolicy } from "../../tpm/policy/index";

export function PolicyTemplate(): u32 {
  const session = sessionOf(parameters.policySession);
  const templateHash = parameters.templateHash;
  if (hasAttribute(session, IS_TEMPLATE_HASH_DEFINED)) {
    if (!equal2B(templateHash, session + CP_HASH))
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_TEMPLATE_BOUND), parameters.RC_templateHash);
  } else if (sizeOf2B(session + CP_HASH) != 0) {
    return refuse(TPM_RC_CPHASH, REFUSAL_POLICY_HASH_BOUND);
  }
  const rc = checkHashSize(session, templateHash);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_templateHash);

  extendPolicy(session, TPM_CC_PolicyTemplate, templateHash);
  bindPolicy(session, templateHash, IS_TEMPLATE_HASH_DEFINED);
  return TPM_RC_SUCCESS;
}
