// policyDigest := H(policyDigest || commandCode || ...), the step of every policy command (Part 1, 19.7), and what the
// commands that bring an authorization have in common (Part 3, 23.2).
import { TPM_RC_CPHASH, TPM_RC_EXPIRED, TPM_RC_NONCE, TPM_RC_SIZE, TPM_RC_SUCCESS } from "../../generated/constants";
import {
  REFUSAL_POLICY_HASH_BOUND,
  REFUSAL_POLICY_HASH_SIZE,
  REFUSAL_POLICY_NONCE,
  REFUSAL_POLICY_OTHER_EPOCH,
  REFUSAL_POLICY_TIMED_OUT,
} from "../../generated/refusals";
import {
  bytesOf2B,
  copy2B,
  equal2B,
  get64,
  MAX_DIGEST_SIZE,
  put16,
  put32,
  rcAbout,
  refuse,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  wipe2B,
  writeU16,
  writeU64,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate, hashUpdate2B } from "../algorithms/index";
import {
  AUTH_HASH,
  CP_HASH,
  EPOCH,
  hasAttribute,
  IS_CP_HASH_DEFINED,
  IS_NAME_HASH_DEFINED,
  nameOf,
  NONCE_TPM,
  POLICY_DIGEST,
  proofHierarchyOf,
  setAttribute,
  START_TIME,
  TIMEOUT,
} from "../authorization/index";
import { authTicket, time, writeNullTicket, writeTicket } from "../platform/index";
import { HASH_STATE_ROOM, TIME_EPOCH } from "../state/index";

// --- the digest --------------------------------------------------------------------------------------------------

/** Starts the step in `state` (HASH_STATE_ROOM bytes); the command adds its own values and calls finishPolicy. */
export function startPolicy(session: usize, code: u32, state: usize): void {
  hashStart(load<u16>(session, AUTH_HASH), state);
  hashUpdate2B(state, session + POLICY_DIGEST);
  addNumber(state, code);
}

/** Adds a UINT32 in wire form. */
export function addNumber(state: usize, value: u32): void {
  addInteger(state, value, 4);
}

/** Adds an integer of up to four bytes in wire form. */
export function addInteger(state: usize, value: u32, size: u32): void {
  const mark = scratchMark();
  const wire = scratchTake(4);
  put32(wire, value);
  hashUpdate(state, wire + 4 - size, size);
  scratchRelease(mark);
}

export function finishPolicy(session: usize, state: usize): void {
  const digest = session + POLICY_DIGEST;
  put16(digest, digestSizeOf(load<u16>(session, AUTH_HASH)));
  hashFinal(state, bytesOf2B(digest));
}

/** The whole step of a command with one TPM2B, or with none: 0. */
export function extendPolicy(session: usize, code: u32, value: usize): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startPolicy(session, code, state);
  if (value != 0) hashUpdate2B(state, value);
  finishPolicy(session, state);
  scratchRelease(mark);
}

/** policyDigest becomes a Zero Digest. */
export function clearPolicyDigest(session: usize): void {
  wipe2B(session + POLICY_DIGEST, MAX_DIGEST_SIZE);
  put16(session + POLICY_DIGEST, digestSizeOf(load<u16>(session, AUTH_HASH)));
}

/** PolicyUpdate() (Part 3, 23.2.3): a step with the Name and one with policyRef (TPM2B), which has no command code. */
export function updatePolicy(session: usize, code: u32, name: usize, nameSize: u32, policyRef: usize): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  startPolicy(session, code, state);
  hashUpdate(state, name, nameSize);
  finishPolicy(session, state);
  hashStart(load<u16>(session, AUTH_HASH), state);
  hashUpdate2B(state, session + POLICY_DIGEST);
  hashUpdate2B(state, policyRef);
  finishPolicy(session, state);
  scratchRelease(mark);
}

/** The step of TPM2_PolicyNV and TPM2_PolicyCounterTimer: H(operandB || offset || operation), and a Name or none. */
export function extendComparison(
  session: usize,
  code: u32,
  operandB: usize,
  offset: u32,
  operation: u32,
  name: usize,
  nameSize: u32,
): void {
  const algorithm = load<u16>(session, AUTH_HASH);
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const args = scratchTake(MAX_DIGEST_SIZE);
  hashStart(algorithm, state);
  hashUpdate2B(state, operandB);
  addInteger(state, offset, 2);
  addInteger(state, operation, 2);
  hashFinal(state, args);
  startPolicy(session, code, state);
  hashUpdate(state, args, digestSizeOf(algorithm));
  hashUpdate(state, name, nameSize);
  finishPolicy(session, state);
  scratchRelease(mark);
}

// --- cpHash, nameHash and templateHash share one place -------------------------------------------------------------

/** A cpHash that the policy may not be bound to any more: it has another one, or a nameHash or templateHash. */
export function cpHashConflicts(session: usize, value: usize): bool {
  const bound = session + CP_HASH;
  if (sizeOf2B(bound) == 0) return false;
  return !hasAttribute(session, IS_CP_HASH_DEFINED) || !equal2B(value, bound);
}

/** `kind`: IS_CP_HASH_DEFINED, IS_NAME_HASH_DEFINED or IS_TEMPLATE_HASH_DEFINED. */
export function bindPolicy(session: usize, value: usize, kind: u32): void {
  copy2B(session + CP_HASH, value);
  setAttribute(session, kind);
}

/** Binds the policy to H(names), of up to three TPM2Bs (0 for none): the nameHash of a command with those handles. */
export function bindToNames(session: usize, first: usize, second: usize, third: usize): void {
  const algorithm = load<u16>(session, AUTH_HASH);
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const hash = scratchTake(2 + MAX_DIGEST_SIZE);
  hashStart(algorithm, state);
  hashUpdate2B(state, first);
  hashUpdate2B(state, second);
  if (third != 0) hashUpdate2B(state, third);
  put16(hash, digestSizeOf(algorithm));
  hashFinal(state, bytesOf2B(hash));
  bindPolicy(session, hash, IS_NAME_HASH_DEFINED);
  scratchRelease(mark);
}

// --- authorizations: TPM2_PolicySigned, TPM2_PolicySecret, TPM2_PolicyTicket ---------------------------------------

/** In a TPM2B_TIMEOUT: the authorization ends with the next TPM Reset, as it names no nonceTPM. */
const EXPIRES_ON_RESET: u64 = 1 << 63;

/** Milliseconds of Time at which an authorization expires; 0 when it does not. `expiration`: seconds, of either sign. */
export function expiresAt(session: usize, expiration: i32, nonceTpm: usize): u64 {
  if (expiration == 0) return 0;
  const milliseconds = ((expiration < 0 ? -(expiration as i64) : (expiration as i64)) as u64) * 1000;
  // Seconds of Time without nonceTPM: with the fraction of now it does not expire too early.
  return milliseconds + (sizeOf2B(nonceTpm) == 0 ? time % 1000 : load<u64>(session, START_TIME));
}

/** A hash that a policy is bound to, TPM2B, has the size of its digest: TPM_RC_SUCCESS or TPM_RC_SIZE. */
export function checkHashSize(session: usize, hash: usize): u32 {
  const size = sizeOf2B(hash);
  const wanted = sizeOf2B(session + POLICY_DIGEST);
  return size == wanted ? TPM_RC_SUCCESS : refuse(TPM_RC_SIZE, REFUSAL_POLICY_HASH_SIZE, size, wanted);
}

/**
 * Part 3, 23.2.2, for a session that is no trial.
 * @param nonceTpm TPM2B_NONCE; 0 for a command that has none
 * @param aboutNonce, aboutCpHash, aboutTimeout RC_ of the command's parameters that these are, or come from
 */
export function checkPolicyParameters(
  session: usize,
  timeout: u64,
  nonceTpm: usize,
  cpHashA: usize,
  aboutNonce: u32,
  aboutCpHash: u32,
  aboutTimeout: u32,
): u32 {
  const hasNonce = nonceTpm != 0 && sizeOf2B(nonceTpm) != 0;
  if (hasNonce && !equal2B(nonceTpm, session + NONCE_TPM))
    return rcAbout(refuse(TPM_RC_NONCE, REFUSAL_POLICY_NONCE), aboutNonce);
  if (timeout != 0) {
    if (timeout < time)
      return rcAbout(refuse(TPM_RC_EXPIRED, REFUSAL_POLICY_TIMED_OUT, ((time - timeout) / 1000) as u32), aboutTimeout);
    if (load<u32>(session, EPOCH) != load<u32>(TIME_EPOCH))
      return rcAbout(refuse(TPM_RC_EXPIRED, REFUSAL_POLICY_OTHER_EPOCH), aboutTimeout);
  }
  if (sizeOf2B(cpHashA) != 0) {
    const rc = checkHashSize(session, cpHashA);
    if (rc != TPM_RC_SUCCESS) return rcAbout(rc, aboutCpHash);
    // A nameHash or templateHash of the same value is no conflict, as in libtpms.
    const bound = session + CP_HASH;
    if (sizeOf2B(bound) != 0 && !equal2B(cpHashA, bound)) return refuse(TPM_RC_CPHASH, REFUSAL_POLICY_HASH_BOUND);
  }
  return TPM_RC_SUCCESS;
}

/** The policy has the authorization of the entity of this Name (Part 3, 23.2.3 and 23.2.4). */
export function authorizePolicy(
  session: usize,
  code: u32,
  name: usize,
  nameSize: u32,
  policyRef: usize,
  cpHashA: usize,
  timeout: u64,
): void {
  updatePolicy(session, code, name, nameSize, policyRef);
  if (sizeOf2B(cpHashA) != 0) bindPolicy(session, cpHashA, IS_CP_HASH_DEFINED);
  const earlier = load<u64>(session, TIMEOUT);
  if (timeout != 0 && (earlier == 0 || timeout < earlier)) store<u64>(session, timeout, TIMEOUT);
}

/** timeout and policyTicket of the response, for an authorization by `entity`; both empty when `withTicket` is false. */
export function writePolicyTicket(
  entity: u32,
  tag: u32,
  timeout: u64,
  withTicket: bool,
  nonceTpm: usize,
  cpHashA: usize,
  policyRef: usize,
): void {
  if (!withTicket) {
    writeU16(0);
    writeNullTicket(tag);
    return;
  }
  const mark = scratchMark();
  const name = scratchTake(2 + 66);
  const nameSize = nameOf(entity, name);
  const onReset = sizeOf2B(nonceTpm) == 0;
  const until = timeout & ~EXPIRES_ON_RESET;
  writeU16(8);
  writeU64(onReset ? until | EXPIRES_ON_RESET : until);
  const hierarchy = proofHierarchyOf(entity);
  writeTicket(authTicket(tag, hierarchy, until, onReset, cpHashA, policyRef, name, nameSize));
  scratchRelease(mark);
}

/** Milliseconds of Time in a TPM2B_TIMEOUT of eight bytes. */
export function timeoutOf(timeout: usize): u64 {
  return get64(bytesOf2B(timeout)) & ~EXPIRES_ON_RESET;
}

export function expiresOnReset(timeout: usize): bool {
  return (get64(bytesOf2B(timeout)) & EXPIRES_ON_RESET) != 0;
}
