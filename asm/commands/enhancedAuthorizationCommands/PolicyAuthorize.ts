// [TPM2.0 1.59] 23.16 TPM2_PolicyAuthorize
import {
  TPM_CC_PolicyAuthorize,
  TPM_RC_HASH,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_VALUE,
} from "../../generated/constants";
import { PolicyAuthorize as parameters } from "../../generated/parameters";
import {
  REFUSAL_POLICY_APPROVED,
  REFUSAL_POLICY_CHECK_TICKET,
  REFUSAL_POLICY_KEY_HASH,
  REFUSAL_POLICY_KEY_NAME,
} from "../../generated/refusals";
import { bytesOf2B, equal2B, get16, MAX_DIGEST_SIZE, rcAbout, refuse, scratchTake, sizeOf2B } from "../../base/index";
import { algorithmImplemented, digestSizeOf, hashFinal, hashStart, hashUpdate2B } from "../../tpm/algorithms/index";
import { hasAttribute, IS_TRIAL_POLICY, POLICY_DIGEST, sessionOf } from "../../tpm/authorization/index";
import { ticketHierarchy, ticketIsRight, verifiedTicket } from "../../tpm/platform/index";
import { clearPolicyDigest, updatePolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function PolicyAuthorize(): u32 {
  const session = sessionOf(parameters.policySession);
  const name = bytesOf2B(parameters.keySign);
  const nameSize = sizeOf2B(parameters.keySign);
  const algorithm = nameSize < 2 ? 0 : get16(name);
  const digestSize = algorithmImplemented(algorithm) ? digestSizeOf(algorithm) : 0;
  if (digestSize == 0) return rcAbout(refuse(TPM_RC_HASH, REFUSAL_POLICY_KEY_HASH, algorithm), parameters.RC_keySign);
  if (nameSize != 2 + digestSize)
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_POLICY_KEY_NAME, nameSize, 2 + digestSize), parameters.RC_keySign);
  if (!hasAttribute(session, IS_TRIAL_POLICY)) {
    if (!equal2B(parameters.approvedPolicy, session + POLICY_DIGEST))
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_APPROVED, parameters.policySession), parameters.RC_approvedPolicy);
    const state = scratchTake(HASH_STATE_ROOM);
    const signed = scratchTake(MAX_DIGEST_SIZE);
    hashStart(algorithm, state);
    hashUpdate2B(state, parameters.approvedPolicy);
    hashUpdate2B(state, parameters.policyRef);
    hashFinal(state, signed);
    const ticket = parameters.checkTicket;
    if (!ticketIsRight(verifiedTicket(ticketHierarchy(ticket), signed, digestSize, name, nameSize), ticket))
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_CHECK_TICKET), parameters.RC_checkTicket);
  }

  clearPolicyDigest(session);
  updatePolicy(session, TPM_CC_PolicyAuthorize, name, nameSize, parameters.policyRef);
  return TPM_RC_SUCCESS;
}
