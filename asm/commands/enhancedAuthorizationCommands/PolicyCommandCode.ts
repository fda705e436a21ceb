// [TPM2.0 1.59] 23.11 TPM2_PolicyCommandCode
import { commandIndex } from "../../generated/commandTable";
import { TPM_CC_PolicyCommandCode, TPM_RC_POLICY_CC, TPM_RC_SUCCESS, TPM_RC_VALUE } from "../../generated/constants";
import { PolicyCommandCode as parameters } from "../../generated/parameters";
import { rcAbout, scratchTake } from "../../base/index";
import { COMMAND_CODE, sessionOf } from "../../tpm/authorization/index";
import { addNumber, finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

export function PolicyCommandCode(): u32 {
  const session = sessionOf(parameters.policySession);
  const code = parameters.code;
  const earlier = load<u32>(session, COMMAND_CODE);
  if (earlier != 0 && earlier != code) return rcAbout(TPM_RC_VALUE, parameters.RC_code);
  if (commandIndex(code) < 0) return rcAbout(TPM_RC_POLICY_CC, parameters.RC_code);

  const state = scratchTake(HASH_STATE_ROOM);
  startPolicy(session, TPM_CC_PolicyCommandCode, state);
  addNumber(state, code);
  finishPolicy(session, state);
  store<u32>(session, code, COMMAND_CODE);
  return TPM_RC_SUCCESS;
}
