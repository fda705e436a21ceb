// [TPM2.0 1.59] 23.6 TPM2_PolicyOR
import { TPM_CC_PolicyOR, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PolicyOR as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_OR_NONE } from "../../generated/refusals";
import { equal2B, get32, rcAbout, refuse, scratchTake, sizeOf2B } from "../../base/index";
import { hashUpdate2B } from "../../tpm/algorithms/index";
import { hasAttribute, IS_TRIAL_POLICY, POLICY_DIGEST, sessionOf } from "../../tpm/authorization/index";
import { clearPolicyDigest, finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function PolicyOR(): u32 {
  const session = sessionOf(parameters.policySession);
  const count = get32(parameters.pHashList);
  const digests = parameters.pHashList + 4;
  let matches = hasAttribute(session, IS_TRIAL_POLICY);
  let at = digests;
  for (let i: u32 = 0; i < count; i++) {
    if (equal2B(at, session + POLICY_DIGEST)) matches = true;
    at += 2 + sizeOf2B(at);
  }
  if (!matches)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_OR_NONE, parameters.policySession, count), parameters.RC_pHashList);

  const state = scratchTake(HASH_STATE_ROOM);
  clearPolicyDigest(session);
  startPolicy(session, TPM_CC_PolicyOR, state);
  at = digests;
  for (let i: u32 = 0; i < count; i++) {
    hashUpdate2B(state, at);
    at += 2 + sizeOf2B(at);
  }
  finishPolicy(session, state);
  return TPM_RC_SUCCESS;
}
