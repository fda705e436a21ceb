// Sessions: what they are, and what the policy of one still demands. Neither nonces nor keys, nor what an HMAC session is
// bound to, which has an authValue in it.
import { HMAC_SESSION_FIRST } from "../../generated/constants";
import { MAX_ACTIVE_SESSIONS } from "../../base/index";
import {
  ATTRIBUTES,
  AUDIT_DIGEST,
  AUTH_HASH,
  COMMAND_CODE,
  COMMAND_LOCALITY,
  CP_HASH,
  EPOCH,
  handleOfLoaded,
  hasAttribute,
  IS_AUDIT,
  IS_POLICY,
  isLoaded,
  isSavedSession,
  pcrsAreCurrent,
  POLICY_DIGEST,
  SESSION_KEY,
  SESSION_PCR_COUNTER,
  sessionOf,
  SYMMETRIC,
  SYMMETRIC_BITS,
  SYMMETRIC_MODE,
  TIMEOUT,
} from "../authorization/index";
import { sizeOf2B } from "../../base/index";
import { currentTime } from "../platform/index";
import { TIME_EPOCH } from "../state/index";
import { add16, add32, add64, add8, addFlag, addWire2B, NEVER, reserveCount, setCount } from "./record";

export function addSessions(): void {
  const place = reserveCount();
  let count: u32 = 0;
  for (let i: u32 = 0; i < MAX_ACTIVE_SESSIONS; i++) {
    if (isLoaded(i)) {
      add32(handleOfLoaded(i));
      addFlag(true);
      addSession(sessionOf(i));
    } else if (isSavedSession(i)) {
      // Of a saved session only the number is known.
      add32(HMAC_SESSION_FIRST + i);
      addFlag(false);
    } else {
      continue;
    }
    count++;
  }
  setCount(place, count);
}

function addSession(session: usize): void {
  add32(load<u32>(session, ATTRIBUTES));
  add16(load<u16>(session, AUTH_HASH));
  add16(load<u16>(session, SYMMETRIC));
  add16(load<u16>(session, SYMMETRIC_BITS));
  add16(load<u16>(session, SYMMETRIC_MODE));
  addFlag(sizeOf2B(session + SESSION_KEY) != 0);
  if (hasAttribute(session, IS_POLICY)) {
    addWire2B(session + POLICY_DIGEST);
    addWire2B(session + CP_HASH);
    add32(load<u32>(session, COMMAND_CODE));
    add8(load<u8>(session, COMMAND_LOCALITY));
    addFlag(load<u32>(session, SESSION_PCR_COUNTER) != 0);
    addFlag(pcrsAreCurrent(session));
    add64(timeLeft(session));
  } else if (hasAttribute(session, IS_AUDIT)) {
    addWire2B(session + AUDIT_DIGEST);
  } else {
    add16(0);
  }
}

/** Milliseconds until the policy expires; 0 when it has. */
function timeLeft(session: usize): u64 {
  const timeout = load<u64>(session, TIMEOUT);
  if (timeout == 0) return NEVER;
  const now = currentTime();
  return timeout < now || load<u32>(session, EPOCH) != load<u32>(TIME_EPOCH) ? 0 : timeout - now + 1;
}
