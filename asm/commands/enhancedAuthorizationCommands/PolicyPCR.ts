// [TPM2.0 1.59] 23.7 TPM2_PolicyPCR
import { TPM_CC_PolicyPCR, TPM_RC_PCR_CHANGED, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PolicyPCR as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_PCR_EARLIER, REFUSAL_POLICY_PCR_VALUE } from "../../generated/refusals";
import {
  bytesOf2B,
  copy2B,
  equal2B,
  MAX_DIGEST_SIZE,
  put16,
  rcAbout,
  refuse,
  scratchTake,
  sizeOf2B,
} from "../../base/index";
import { digestSizeOf, hashUpdate, hashUpdate2B } from "../../tpm/algorithms/index";
import {
  AUTH_HASH,
  hasAttribute,
  IS_TRIAL_POLICY,
  pcrsAreCurrent,
  SESSION_PCR_COUNTER,
  sessionOf,
} from "../../tpm/authorization/index";
import { filterSelections, selectionDigest, selectionsSize } from "../../tpm/platform/index";
import { finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM, PCR_COUNTER } from "../../tpm/state/index";

export function PolicyPCR(): u32 {
  const session = sessionOf(parameters.policySession);
  const algorithm = load<u16>(session, AUTH_HASH);
  const digest = scratchTake(2 + MAX_DIGEST_SIZE);
  const isTrial = hasAttribute(session, IS_TRIAL_POLICY);
  const expected = sizeOf2B(parameters.pcrDigest) != 0;
  put16(digest, digestSizeOf(algorithm));
  selectionDigest(algorithm, parameters.pcrs, bytesOf2B(digest));
  if (!isTrial) {
    if (!pcrsAreCurrent(session)) return refuse(TPM_RC_PCR_CHANGED, REFUSAL_POLICY_PCR_EARLIER, parameters.policySession);
    if (expected && !equal2B(parameters.pcrDigest, digest))
      return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_PCR_VALUE, algorithm), parameters.RC_pcrDigest);
  } else if (expected) {
    copy2B(digest, parameters.pcrDigest);
  }

  // The selection that counts is the one of PCRs that exist.
  const size = selectionsSize(parameters.pcrs);
  const selections = scratchTake(size);
  const state = scratchTake(HASH_STATE_ROOM);
  filterSelections(selections, parameters.pcrs);
  startPolicy(session, TPM_CC_PolicyPCR, state);
  hashUpdate(state, selections, size);
  hashUpdate2B(state, digest);
  finishPolicy(session, state);
  if (!isTrial) store<u32>(session, load<u32>(PCR_COUNTER), SESSION_PCR_COUNTER);
  return TPM_RC_SUCCESS;
}
