// The authorization area of a command: up to three sessions, parsed where they lie (Part 1, 18.6; Part 3, 5.5).
import { CC_DECRYPT_PARAMETER, CC_ENCRYPT_RESPONSE, commandFlags } from "../../generated/commandTable";
import {
  HR_HANDLE_MASK,
  TPM_ALG_NULL,
  TPM_HT_HMAC_SESSION,
  TPM_HT_POLICY_SESSION,
  TPM_RC_ATTRIBUTES,
  TPM_RC_AUTHSIZE,
  TPM_RC_EXCLUSIVE,
  TPM_RC_HANDLE,
  TPM_RC_INSUFFICIENT,
  TPM_RC_NONCE,
  TPM_RC_REFERENCE_S0,
  TPM_RC_RESERVED_BITS,
  TPM_RC_SIZE,
  TPM_RC_SUCCESS,
  TPM_RC_SYMMETRIC,
  TPM_RC_VALUE,
  TPM_RH_UNASSIGNED,
  TPM_RS_PW,
  TPMA_SESSION_AUDIT,
  TPMA_SESSION_AUDITEXCLUSIVE,
  TPMA_SESSION_AUDITRESET,
  TPMA_SESSION_CONTINUESESSION,
  TPMA_SESSION_DECRYPT,
  TPMA_SESSION_ENCRYPT,
  TPMA_SESSION_RESERVED,
} from "../../generated/constants";
import {
  REFUSAL_AUDIT_NOT_EXCLUSIVE,
  REFUSAL_AUDIT_POLICY,
  REFUSAL_AUDIT_TWICE,
  REFUSAL_DECRYPT_NO_CIPHER,
  REFUSAL_DECRYPT_NO_PARAMETER,
  REFUSAL_DECRYPT_TWICE,
  REFUSAL_ENCRYPT_NO_CIPHER,
  REFUSAL_ENCRYPT_NO_PARAMETER,
  REFUSAL_ENCRYPT_TWICE,
  REFUSAL_PASSWORD_ATTRIBUTES,
  REFUSAL_PASSWORD_NONCE,
  REFUSAL_SESSION_BUFFER,
  REFUSAL_SESSION_CONTEXT_SAVED,
  REFUSAL_SESSION_HANDLE,
  REFUSAL_SESSION_KIND,
  REFUSAL_SESSION_NOT_LOADED,
  REFUSAL_SESSION_RESERVED,
  REFUSAL_SESSION_SHORT,
  REFUSAL_SESSION_TWICE,
  REFUSAL_SESSIONS_TOO_MANY,
} from "../../generated/refusals";
import {
  commandCode,
  get16,
  get32,
  handleType,
  MAX_ACTIVE_SESSIONS,
  MAX_DIGEST_SIZE,
  MAX_SESSION_NUM,
  rcSession,
  refuse,
} from "../../base/index";
import { EXCLUSIVE_AUDIT_SESSION } from "../state/index";
import { hasAttribute, IS_AUDIT, IS_POLICY, isLoaded, isSavedSession, sessionOf, SYMMETRIC } from "./session";

// TPMA_SESSION

/** No session has this task. */
export const NONE: u32 = 0xff;

// One record per session of the command.
const RECORD: u32 = 24;
const records: usize = memory.data(72);
const HANDLE: usize = 0;
const ASSOCIATED: usize = 4;
const NONCE: usize = 8;
const AUTH: usize = 12;
const FLAGS: usize = 16;
const INCLUDE_AUTH: usize = 17;

export let sessionCount: u32 = 0;
/** Index of the session that decrypts the command's, encrypts the response's first parameter; NONE. */
export let decryptSession: u32 = NONE;
export let encryptSession: u32 = NONE;
export let auditSession: u32 = NONE;

/** TPM2B_NONCE from the caller, in the command buffer. */
export function callerNonce(i: u32): usize {
  return load<usize>(records + i * RECORD, NONCE);
}
/** TPM2B_AUTH from the caller, a password or an HMAC, in the command buffer. */
export function callerAuth(i: u32): usize {
  return load<usize>(records + i * RECORD, AUTH);
}
export function sessionHandle(i: u32): u32 {
  return load<u32>(records + i * RECORD, HANDLE);
}
/** The handle that the session authorises, or TPM_RH_UNASSIGNED. */
export function associatedHandle(i: u32): u32 {
  return load<u32>(records + i * RECORD, ASSOCIATED);
}
export function associate(i: u32, handle: u32): void {
  store<u32>(records + i * RECORD, handle, ASSOCIATED);
}
/** TPMA_SESSION */
export function sessionFlags(i: u32): u32 {
  return load<u8>(records + i * RECORD, FLAGS);
}
export function setSessionFlags(i: u32, flags: u32): void {
  store<u8>(records + i * RECORD, flags as u8, FLAGS);
}
/** The authValue of the associated entity is part of the HMAC key. */
export function includesAuth(i: u32): bool {
  return load<u8>(records + i * RECORD, INCLUDE_AUTH) != 0;
}
export function setIncludesAuth(i: u32, value: bool): void {
  store<u8>(records + i * RECORD, value as u8, INCLUDE_AUTH);
}
export function isPassword(i: u32): bool {
  return sessionHandle(i) == TPM_RS_PW;
}
/** The slot of session `i`, which is no password. */
export function loadedSession(i: u32): usize {
  return sessionOf(sessionHandle(i));
}

export function noSessions(): void {
  sessionCount = 0;
  decryptSession = NONE;
  encryptSession = NONE;
  auditSession = NONE;
}

/** An entity was deleted by its own command: its sessions go on with an Empty Auth. */
export function dissociate(handle: u32, by: u32): void {
  for (let i: u32 = 0; i < sessionCount; i++) if (associatedHandle(i) == handle) associate(i, by);
}

/** Parses the sessions in [at, end). */
export function parseSessions(commandIndex: i32, at: usize, end: usize): u32 {
  noSessions();
  while (at < end) {
    const i = sessionCount;
    const number = i + 1;
    // More octets than three sessions can use (Part 3, 5.5, 4 c).
    if (i == MAX_SESSION_NUM) return refuse(TPM_RC_AUTHSIZE, REFUSAL_SESSIONS_TOO_MANY, MAX_SESSION_NUM);
    const record = records + i * RECORD;
    if (end - at < 4) return rcSession(tooShort(number, at, end), number);
    const handle = get32(at);
    at += 4;
    if (!isSessionHandle(handle))
      return rcSession(refuse(TPM_RC_VALUE, REFUSAL_SESSION_HANDLE, number, handle), number);
    store<u32>(record, handle, HANDLE);
    store<u32>(record, TPM_RH_UNASSIGNED, ASSOCIATED);
    store<u8>(record, 0, INCLUDE_AUTH);

    let rc = check2B(number, at, end);
    if (rc != TPM_RC_SUCCESS) return rcSession(rc, number);
    store<usize>(record, at, NONCE);
    at += 2 + get16(at);

    if (at == end) return rcSession(tooShort(number, at, end), number);
    const flags: u32 = load<u8>(at);
    at += 1;
    if (flags & TPMA_SESSION_RESERVED) {
      const bits = flags & TPMA_SESSION_RESERVED;
      return rcSession(refuse(TPM_RC_RESERVED_BITS, REFUSAL_SESSION_RESERVED, number, bits), number);
    }
    store<u8>(record, flags as u8, FLAGS);

    rc = check2B(number, at, end);
    if (rc != TPM_RC_SUCCESS) return rcSession(rc, number);
    store<usize>(record, at, AUTH);
    at += 2 + get16(at);

    rc = handle == TPM_RS_PW ? checkPassword(i) : checkSession(commandIndex, i);
    if (rc != TPM_RC_SUCCESS) return rc;
    sessionCount++;
  }
  return TPM_RC_SUCCESS;
}

function isSessionHandle(handle: u32): bool {
  if (handle == TPM_RS_PW) return true;
  const type = handleType(handle);
  return (
    (type == TPM_HT_HMAC_SESSION || type == TPM_HT_POLICY_SESSION) && (handle & HR_HANDLE_MASK) < MAX_ACTIVE_SESSIONS
  );
}

function tooShort(number: u32, at: usize, end: usize): u32 {
  return refuse(TPM_RC_INSUFFICIENT, REFUSAL_SESSION_SHORT, number, (end - at) as u32);
}

function check2B(number: u32, at: usize, end: usize): u32 {
  if (end - at < 2) return tooShort(number, at, end);
  const size = get16(at);
  if (size > MAX_DIGEST_SIZE) return refuse(TPM_RC_SIZE, REFUSAL_SESSION_BUFFER, number, size, MAX_DIGEST_SIZE);
  return end - at - 2 < size ? tooShort(number, at, end) : TPM_RC_SUCCESS;
}

function checkPassword(i: u32): u32 {
  const number = i + 1;
  const flags = sessionFlags(i) & ~TPMA_SESSION_CONTINUESESSION;
  if (flags) return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_PASSWORD_ATTRIBUTES, number, flags), number);
  const size = get16(callerNonce(i));
  return size == 0 ? TPM_RC_SUCCESS : rcSession(refuse(TPM_RC_NONCE, REFUSAL_PASSWORD_NONCE, number, size), number);
}

function checkSession(commandIndex: i32, i: u32): u32 {
  const number = i + 1;
  const handle = sessionHandle(i);
  const flags = sessionFlags(i);
  if (!isLoaded(handle)) {
    const check = isSavedSession(handle) ? REFUSAL_SESSION_CONTEXT_SAVED : REFUSAL_SESSION_NOT_LOADED;
    return refuse(TPM_RC_REFERENCE_S0 + i, check, number, handle);
  }
  const session = sessionOf(handle);
  const isPolicy = handleType(handle) == TPM_HT_POLICY_SESSION;
  if (hasAttribute(session, IS_POLICY) != isPolicy)
    return rcSession(refuse(TPM_RC_HANDLE, REFUSAL_SESSION_KIND, number, handle), number);
  for (let j: u32 = 0; j < i; j++) {
    if (sessionHandle(j) == handle)
      return rcSession(refuse(TPM_RC_HANDLE, REFUSAL_SESSION_TWICE, number, j + 1, handle), number);
  }
  if (flags & TPMA_SESSION_DECRYPT) {
    if (!(commandFlags(commandIndex) & CC_DECRYPT_PARAMETER))
      return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_DECRYPT_NO_PARAMETER, number, commandCode), number);
    if (decryptSession != NONE)
      return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_DECRYPT_TWICE, number, decryptSession + 1), number);
    if (load<u16>(session, SYMMETRIC) == TPM_ALG_NULL)
      return rcSession(refuse(TPM_RC_SYMMETRIC, REFUSAL_DECRYPT_NO_CIPHER, number, handle), number);
    decryptSession = i;
  }
  if (flags & TPMA_SESSION_ENCRYPT) {
    if (!(commandFlags(commandIndex) & CC_ENCRYPT_RESPONSE))
      return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_ENCRYPT_NO_PARAMETER, number, commandCode), number);
    if (encryptSession != NONE)
      return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_ENCRYPT_TWICE, number, encryptSession + 1), number);
    if (load<u16>(session, SYMMETRIC) == TPM_ALG_NULL)
      return rcSession(refuse(TPM_RC_SYMMETRIC, REFUSAL_ENCRYPT_NO_CIPHER, number, handle), number);
    encryptSession = i;
  }
  if (flags & TPMA_SESSION_AUDIT) {
    if (auditSession != NONE)
      return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_AUDIT_TWICE, number, auditSession + 1), number);
    if (isPolicy) return rcSession(refuse(TPM_RC_ATTRIBUTES, REFUSAL_AUDIT_POLICY, number, handle), number);
    const continued = !(flags & TPMA_SESSION_AUDITRESET) && hasAttribute(session, IS_AUDIT);
    if (continued && flags & TPMA_SESSION_AUDITEXCLUSIVE && load<u32>(EXCLUSIVE_AUDIT_SESSION) != handle)
      return refuse(TPM_RC_EXCLUSIVE, REFUSAL_AUDIT_NOT_EXCLUSIVE, number, handle);
    auditSession = i;
  }
  return TPM_RC_SUCCESS;
}
