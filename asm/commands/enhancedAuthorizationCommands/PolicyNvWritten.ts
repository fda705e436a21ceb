// [TPM2.0 1.59] 23.20 TPM2_PolicyNvWritten
import { TPM_CC_PolicyNvWritten, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PolicyNvWritten as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_WRITTEN_BOUND } from "../../generated/refusals";
import { rcAbout, refuse, scratchTake } from "../../base/index";
import { hashUpdate } from "../../tpm/algorithms/index";
import {
  CHECK_NV_WRITTEN,
  hasAttribute,
  NV_WRITTEN_STATE,
  sessionOf,
  setAttribute,
} from "../../tpm/authorization/index";
import { finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function PolicyNvWritten(): u32 {
  const session = sessionOf(parameters.policySession);
  const written = parameters.writtenSet != 0;
  if (hasAttribute(session, CHECK_NV_WRITTEN) && hasAttribute(session, NV_WRITTEN_STATE) != written)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_WRITTEN_BOUND), parameters.RC_writtenSet);

  setAttribute(session, written ? CHECK_NV_WRITTEN | NV_WRITTEN_STATE : CHECK_NV_WRITTEN);
  const state = scratchTake(HASH_STATE_ROOM);
  const flag = scratchTake(1);
  store<u8>(flag, parameters.writtenSet);
  startPolicy(session, TPM_CC_PolicyNvWritten, state);
  hashUpdate(state, flag, 1);
  finishPolicy(session, state);
  return TPM_RC_SUCCESS;
}
