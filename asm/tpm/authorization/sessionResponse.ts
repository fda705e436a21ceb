// What the sessions of a command leave in its response: nonceTPM, attributes, HMAC (Part 3, 5; Part 1, 19.6).
import { TPM_HT_POLICY_SESSION, TPMA_SESSION_CONTINUESESSION } from "../../generated/constants";
import {
  copy2B,
  handleType,
  MAX_DIGEST_SIZE,
  reserve,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  writeU16,
  writeU8,
} from "../../base/index";
import { randomBytes } from "../algorithms/index";
import {
  flushSession,
  hasAttribute,
  IS_PASSWORD_NEEDED,
  isLoaded,
  NONCE_TPM,
  resetPolicy,
  startInterval,
} from "./session";
import { isPassword, loadedSession, sessionFlags, sessionHandle } from "./sessionArea";
import { responseHmac } from "./sessionHmac";

export function rollNonce(i: u32): void {
  if (isPassword(i)) return;
  const nonce = loadedSession(i) + NONCE_TPM;
  randomBytes(nonce + 2, sizeOf2B(nonce));
}

export function respondPassword(i: u32): void {
  writeU16(0);
  writeU8(sessionFlags(i) | TPMA_SESSION_CONTINUESESSION);
  writeU16(0);
}

export function respondSession(i: u32, parameters: usize, size: u32): void {
  const handle = sessionHandle(i);
  // TPM2_FlushContext and the like take no sessions, so the session is still there.
  if (!isLoaded(handle)) unreachable();
  const session = loadedSession(i);
  const mark = scratchMark();
  const hmac = scratchTake(2 + MAX_DIGEST_SIZE);
  const isPolicy = handleType(handle) == TPM_HT_POLICY_SESSION;
  if (!(isPolicy && hasAttribute(session, IS_PASSWORD_NEEDED))) responseHmac(i, parameters, size, hmac);
  const nonce = session + NONCE_TPM;
  copy2B(reserve(2 + sizeOf2B(nonce)), nonce);
  writeU8(sessionFlags(i));
  copy2B(reserve(2 + sizeOf2B(hmac)), hmac);
  scratchRelease(mark);
  if (!(sessionFlags(i) & TPMA_SESSION_CONTINUESESSION)) {
    flushSession(handle);
  } else if (isPolicy) {
    resetPolicy(session);
    startInterval(session);
  }
}
