// TPM2_PolicyAuthValue and TPM2_PolicyPassword: one policy, two ways to prove the authValue (Part 3, 23.17, 23.18).
import { TPM_CC_PolicyAuthValue } from "../../generated/constants";
import { scratchTake } from "../../base/index";
import { clearAttribute, sessionOf, setAttribute } from "../../tpm/authorization/index";
import { finishPolicy, startPolicy } from "../../tpm/policy/index";
import { HASH_STATE_ROOM } from "../../tpm/state/index";

/** Both extend the digest with TPM_CC_PolicyAuthValue; the last one to run decides how the proof is given. */
export function assertAuthValue(handle: u32, needed: u32, notNeeded: u32): void {
  const session = sessionOf(handle);
  const state = scratchTake(HASH_STATE_ROOM);
  startPolicy(session, TPM_CC_PolicyAuthValue, state);
  finishPolicy(session, state);
  setAttribute(session, needed);
  clearAttribute(session, notNeeded);
}
