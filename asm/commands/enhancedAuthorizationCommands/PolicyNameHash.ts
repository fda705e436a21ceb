// [TPM2.0 1.59] 23.14 TPM2_PolicyNameHash
import { TPM_CC_PolicyNameHash, TPM_RC_CPHASH, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyNameHash as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_HASH_BOUND } from "../../generated/refusals";
import { rcAbout, refuse, sizeOf2B } from "../../base/index";
import { CP_HASH, IS_NAME_HASH_DEFINED, POLICY_DIGEST, sessionOf } from "../../tpm/authorization/index";
import { bindPolicy, checkHashSize, extendPolicy } from "../../tpm/policy/index";

export function PolicyNameHash(): u32 {
  const session = sessionOf(parameters.policySession);
  const nameHash = parameters.nameHash;
  const rc = checkHashSize(session, nameHash);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_nameHash);
  if (sizeOf2B(session + CP_HASH) != 0) return refuse(TPM_RC_CPHASH, REFUSAL_POLICY_HASH_BOUND);

  extendPolicy(session, TPM_CC_PolicyNameHash, nameHash);
  bindPolicy(session, nameHash, IS_NAME_HASH_DEFINED);
  return TPM_RC_SUCCESS;
}
