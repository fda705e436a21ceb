// [TPM2.0 1.59] 23.13 TPM2_PolicyCpHash
import { TPM_CC_PolicyCpHash, TPM_RC_CPHASH, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyCpHash as parameters } from "../../generated/parameters";
import { rcAbout, sizeOf2B } from "../../base/index";
import { IS_CP_HASH_DEFINED, POLICY_DIGEST, sessionOf } from "../../tpm/authorization/index";
import { bindPolicy, cpHashConflicts, extendPolicy } from "../../tpm/policy/index";

export function PolicyCpHash(): u32 {
  const session = sessionOf(parameters.policySession);
  const cpHashA = parameters.cpHashA;
  if (sizeOf2B(cpHashA) != sizeOf2B(session + POLICY_DIGEST)) return rcAbout(TPM_RC_SIZE, parameters.RC_cpHashA);
  if (cpHashConflicts(session, cpHashA)) return TPM_RC_CPHASH;

  extendPolicy(session, TPM_CC_PolicyCpHash, cpHashA);
  bindPolicy(session, cpHashA, IS_CP_HASH_DEFINED);
  return TPM_RC_SUCCESS;
}
