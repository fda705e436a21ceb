// [TPM2.0 1.59] 23.11 TPM2_PolicyCommandCode
import { commandIndex } from "../../generated/commandTable";
import { TPM_CC_PolicyCommandCode, TPM_RC_POLICY_CC, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PolicyCommandCode as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_CODE_BOUND, REFUSAL_POLICY_CODE_UNKNOWN } from "../../generated/refusals";
import { rcAbout, refuse, scratchTake } from "../../base/index";
import { COMMAND_CODE, sessionOf } from "../../tpm/authorization/index";
import { addNumber, finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function PolicyCommandCode(): u32 {
  const session = sessionOf(parameters.policySession);
  const code = parameters.code;
  const earlier = load<u32>(session, COMMAND_CODE);
  if (earlier != 0 && earlier != code)
    return rcAbout(refuse(TPM_RC_VALUE, REFUSAL_POLICY_CODE_BOUND, earlier, code), parameters.RC_code);
  if (commandIndex(code) < 0)
    return rcAbout(refuse(TPM_RC_POLICY_CC, REFUSAL_POLICY_CODE_UNKNOWN, code), parameters.RC_code);

  const state = scratchTake(HASH_STATE_ROOM);
  startPolicy(session, TPM_CC_PolicyCommandCode, state);
  addNumber(state, code);
  finishPolicy(session, state);
  store<u32>(session, code, COMMAND_CODE);
  return TPM_RC_SUCCESS;
}
