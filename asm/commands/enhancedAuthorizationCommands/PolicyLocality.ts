// [TPM2.0 1.59] 23.8 TPM2_PolicyLocality
import { TPM_CC_PolicyLocality, TPM_RC_RANGE, TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyLocality as parameters } from "../../generated/parameters";
import { REFUSAL_POLICY_LOCALITY_EMPTY } from "../../generated/refusals";
import { rcAbout, refuse, scratchTake } from "../../base/index";
import { COMMAND_LOCALITY, sessionOf } from "../../tpm/authorization/index";
import { addInteger, finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

/** TPMA_LOCALITY below this is a set of localities 0 to 4; from here on it is one extended locality. */
const EXTENDED: u32 = 32;
const ALL: u32 = 0x1f;

export function PolicyLocality(): u32 {
  const session = sessionOf(parameters.policySession);
  const asked: u32 = parameters.locality;
  const earlier: u32 = load<u8>(session, COMMAND_LOCALITY);
  let allowed = asked;
  if (asked < EXTENDED) {
    if (earlier >= EXTENDED) return refuseLocality(earlier, asked);
    allowed &= earlier == 0 ? ALL : earlier;
    if (allowed == 0) return refuseLocality(earlier, asked);
  } else if (earlier != 0 && earlier != asked) {
    return refuseLocality(earlier, asked);
  }

  const state = scratchTake(HASH_STATE_ROOM);
  startPolicy(session, TPM_CC_PolicyLocality, state);
  addInteger(state, asked, 1);
  finishPolicy(session, state);
  store<u8>(session, allowed as u8, COMMAND_LOCALITY);
  return TPM_RC_SUCCESS;
}

function refuseLocality(earlier: u32, asked: u32): u32 {
  return rcAbout(refuse(TPM_RC_RANGE, REFUSAL_POLICY_LOCALITY_EMPTY, earlier, asked), parameters.RC_locality);
}
