// [TPM2.0 1.59] 23.13 TPM2_PolicyCpHash
import { TPM_CC_PolicyCpHash, TPM_RC_CPHASH, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyCpHash as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_HASH_BOUND } from "../../generated/refusals";
import { rcAbout, refuse, sizeOf2B } from "../../base/index";
import { IS_CP_HASH_DEFINED, POLICY_DIGEST, sessionOf } from "../../tpm/authorization/index";
import { bindPolicy, checkHashSize, cpHashConflicts, extendPolicy } from "../../tpm/policy/index";

export function PolicyCpHash(): u32 {
  const session = sessionOf(parameters.policySession);
  const cpHashA = parameters.cpHashA;
  const rc = checkHashSize(session, cpHashA);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_cpHashA);
  if (cpHashConflicts(session, cpHashA)) return refuse(TPM_RC_CPHASH, REFUSAL_POLICY_HASH_BOUND);

  extendPolicy(session, TPM_CC_PolicyCpHash, cpHashA);
  bindPolicy(session, cpHashA, IS_CP_HASH_DEFINED);
  return TPM_RC_SUCCESS;
}
