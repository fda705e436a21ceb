// Policies that select where an object may go: TPM2_PolicyDuplicationSelect and TPM2_Policy_AC_SendSelect (Part 3, 23.15
// and 32.4). They fix the Names of all handles and the command; the digest has the Name of the object or leaves it out.
import { TPM_RC_COMMAND_CODE, TPM_RC_CPHASH, TPM_RC_SUCCESS } from "../../generated/constants";
import { REFUSAL_POLICY_HASH_BOUND, REFUSAL_POLICY_SELECT_COMMAND } from "../../generated/refusals";
import { refuse, scratchTake, sizeOf2B } from "../../base/index";
import { hashUpdate2B } from "../algorithms/index";
import { COMMAND_CODE, CP_HASH } from "../authorization/index";
import { HASH_STATE_ROOM } from "../state/index";
import { addInteger, bindToNames, finishPolicy, startPolicy } from "./policy";

/** The policy is bound neither to Names or parameters nor to a command. */
export function canSelect(session: usize): u32 {
  if (sizeOf2B(session + CP_HASH) != 0) return refuse(TPM_RC_CPHASH, REFUSAL_POLICY_HASH_BOUND);
  const bound = load<u32>(session, COMMAND_CODE);
  return bound == 0 ? TPM_RC_SUCCESS : refuse(TPM_RC_COMMAND_CODE, REFUSAL_POLICY_SELECT_COMMAND, bound);
}

/** After canSelect. Names are TPM2Bs in the order of `command`'s handles; the third may be 0 for none. */
export function select(
  session: usize,
  code: u32,
  command: u32,
  object: usize,
  second: usize,
  third: usize,
  includeObject: u32,
): void {
  const state = scratchTake(HASH_STATE_ROOM);
  bindToNames(session, object, second, third);
  startPolicy(session, code, state);
  if (includeObject) hashUpdate2B(state, object);
  hashUpdate2B(state, second);
  if (third != 0) hashUpdate2B(state, third);
  addInteger(state, includeObject, 1);
  finishPolicy(session, state);
  store<u32>(session, command, COMMAND_CODE);
}
