// [TPM2.0 1.59] 23.4 TPM2_PolicySecret
import { TPM_CC_PolicySecret, TPM_RC_SUCCESS, TPM_ST_AUTH_SECRET } from "../../generated/constants";
import { PolicySecret as parameters } from "../../generated/parameters";
import { scratchTake } from "../../base/index";
import { hasAttribute, IS_TRIAL_POLICY, nameOf, sessionOf } from "../../tpm/authorization/index";
import { isPinPassIndex } from "../../tpm/nv/index";
import { authorizePolicy, checkPolicyParameters, expiresAt, writePolicyTicket } from "../../tpm/policy/index";

export function PolicySecret(): u32 {
  const session = sessionOf(parameters.policySession);
  const entity = parameters.authHandle;
  const nonceTpm = parameters.nonceTPM;
  const cpHashA = parameters.cpHashA;
  const policyRef = parameters.policyRef;
  const isTrial = hasAttribute(session, IS_TRIAL_POLICY);
  let timeout: u64 = 0;
  if (!isTrial) {
    timeout = expiresAt(session, parameters.expiration, nonceTpm);
    const rc = checkPolicyParameters(
      session,
      timeout,
      nonceTpm,
      cpHashA,
      parameters.RC_nonceTPM,
      parameters.RC_cpHashA,
      parameters.RC_expiration,
    );
    if (rc != TPM_RC_SUCCESS) return rc;
  }

  const name = scratchTake(68);
  authorizePolicy(session, TPM_CC_PolicySecret, name, nameOf(entity, name), policyRef, cpHashA, timeout);
  // A ticket would stand for more uses of a PIN than are counted.
  const withTicket = parameters.expiration < 0 && !isTrial && !isPinPassIndex(entity);
  writePolicyTicket(entity, TPM_ST_AUTH_SECRET, timeout, withTicket, nonceTpm, cpHashA, policyRef);
  return TPM_RC_SUCCESS;
}
