// Audit: exclusive audit sessions and the command audit digest (Part 1, 33).
import { CC_NO_SESSIONS, commandFlags, commandIndex as indexOfCommand } from "../../generated/commandTable";
import {
  TPM_ALG_NULL,
  TPM_ALG_SHA512,
  TPM_CC_SetCommandCodeAuditStatus,
  TPM_CC_Shutdown,
  TPM_RH_UNASSIGNED,
  TPMA_SESSION_AUDITEXCLUSIVE,
  TPMA_SESSION_AUDITRESET,
} from "../../generated/constants";
import {
  bitIsSet,
  commandCode,
  commandIndex,
  MAX_DIGEST_SIZE,
  put16,
  put32,
  reserve,
  scratchMark,
  scratchRelease,
  scratchTake,
  setBit,
  sizeOf2B,
  wipe2B,
  writeU16,
} from "../../base/index";
import { digestSizeOf, hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import { CODE_COUNT, FIRST_CODE } from "../platform/index";
import {
  AUDIT_COMMANDS,
  AUDIT_COUNTER,
  AUDIT_HASH_ALG,
  COMMAND_AUDIT_DIGEST,
  COMMAND_MAP,
  EXCLUSIVE_AUDIT_SESSION,
  HASH_STATE_ROOM,
  isShutdownOnRecord,
  keepShadow,
  nullifyShutdown,
  permanentChange,
} from "../state/index";
import { AUDIT_DIGEST, AUTH_HASH, clearAttribute, hasAttribute, IS_AUDIT, IS_BOUND, setAttribute } from "./session";
import { auditSession, loadedSession, NONE, sessionFlags, sessionHandle, setSessionFlags } from "./sessionArea";
import { cpHash, extendAudit } from "./sessionHmac";

/** What a new TPM has: only TPM2_SetCommandCodeAuditStatus, which can never leave the list. */
export function auditDefaults(): void {
  memory.fill(AUDIT_COMMANDS, 0, COMMAND_MAP);
  setBit(AUDIT_COMMANDS, TPM_CC_SetCommandCodeAuditStatus - FIRST_CODE, true);
  store<u16>(AUDIT_HASH_ALG, TPM_ALG_SHA512 as u16);
  store<u64>(AUDIT_COUNTER, 0);
}

export function auditStartup(keepDigest: bool): void {
  store<u32>(EXCLUSIVE_AUDIT_SESSION, TPM_RH_UNASSIGNED);
  if (!keepDigest) wipe2B(COMMAND_AUDIT_DIGEST, MAX_DIGEST_SIZE);
}

/** TPM2_SetCommandCodeAuditStatus put this command on the list. */
export function isInAuditList(code: u32): bool {
  const bit = code - FIRST_CODE;
  return bit < CODE_COUNT && bitIsSet(AUDIT_COMMANDS, bit);
}

/**
 * Puts a command on the list or takes it off, for TPM2_SetCommandCodeAuditStatus. Commands that do not exist are passed
 * over, as are TPM2_Shutdown, which is never audited, and the command itself, which always is.
 */
export function setAudited(code: u32, audited: bool): void {
  if (indexOfCommand(code) < 0 || code == TPM_CC_Shutdown || code == TPM_CC_SetCommandCodeAuditStatus) return;
  setBit(AUDIT_COMMANDS, code - FIRST_CODE, audited);
}

/** The command in execution changed the algorithm: that is all the evidence of it, it is not audited itself. */
let algorithmChanged: bool = false;

export function changeAuditAlgorithm(algorithm: u32): void {
  store<u16>(AUDIT_HASH_ALG, algorithm as u16);
  wipe2B(COMMAND_AUDIT_DIGEST, MAX_DIGEST_SIZE);
  algorithmChanged = true;
}

export function commandIsAudited(code: u32): bool {
  return isInAuditList(code) && load<u16>(AUDIT_HASH_ALG) != TPM_ALG_NULL;
}

/** The cpHash must be taken before the parameters are decrypted, the copy for a rollback before the command's changes. */
export function prepareCommandAudit(): void {
  if (sizeOf2B(COMMAND_AUDIT_DIGEST) == 0 || isShutdownOnRecord()) keepShadow();
  cpHash(load<u16>(AUDIT_HASH_ALG));
}

/** After a successful command: `parameters` are those of the response as they leave. */
export function auditResponse(parameters: usize, size: u32): void {
  if (auditSession != NONE) extendSessionAudit(parameters, size);
  else if (!(commandFlags(commandIndex) & CC_NO_SESSIONS)) store<u32>(EXCLUSIVE_AUDIT_SESSION, TPM_RH_UNASSIGNED);
  if (commandIsAudited(commandCode) && !algorithmChanged) extendCommandAudit(parameters, size);
  algorithmChanged = false;
}

function extendSessionAudit(parameters: usize, size: u32): void {
  const session = loadedSession(auditSession);
  const handle = sessionHandle(auditSession);
  const algorithm = load<u16>(session, AUTH_HASH);
  const flags = sessionFlags(auditSession);
  if (!hasAttribute(session, IS_AUDIT) || flags & TPMA_SESSION_AUDITRESET) {
    setAttribute(session, IS_AUDIT);
    clearAttribute(session, IS_BOUND);
    wipe2B(session + AUDIT_DIGEST, MAX_DIGEST_SIZE);
    put16(session + AUDIT_DIGEST, digestSizeOf(algorithm));
    store<u32>(EXCLUSIVE_AUDIT_SESSION, handle);
  } else if (load<u32>(EXCLUSIVE_AUDIT_SESSION) != handle) {
    store<u32>(EXCLUSIVE_AUDIT_SESSION, TPM_RH_UNASSIGNED);
  }
  const exclusive = load<u32>(EXCLUSIVE_AUDIT_SESSION) == handle;
  setSessionFlags(auditSession, exclusive ? flags | TPMA_SESSION_AUDITEXCLUSIVE : flags & ~TPMA_SESSION_AUDITEXCLUSIVE);
  extendAudit(session + AUDIT_DIGEST, algorithm, parameters, size);
}

function extendCommandAudit(parameters: usize, size: u32): void {
  const algorithm = load<u16>(AUDIT_HASH_ALG);
  // Shutdown(STATE) saved the digest (Part 3, 9.4).
  nullifyShutdown();
  if (sizeOf2B(COMMAND_AUDIT_DIGEST) == 0) {
    permanentChange();
    wipe2B(COMMAND_AUDIT_DIGEST, MAX_DIGEST_SIZE);
    put16(COMMAND_AUDIT_DIGEST, digestSizeOf(algorithm));
    store<u64>(AUDIT_COUNTER, load<u64>(AUDIT_COUNTER) + 1);
  }
  extendAudit(COMMAND_AUDIT_DIGEST, algorithm, parameters, size);
}

/** TPM2B_DIGEST of the codes of the audited commands, in ascending order, into the response. */
export function writeCommandDigest(): void {
  const algorithm: u32 = load<u16>(AUDIT_HASH_ALG);
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  const wire = scratchTake(4);
  hashStart(algorithm, state);
  for (let bit: u32 = 0; bit < CODE_COUNT; bit++) {
    if (!bitIsSet(AUDIT_COMMANDS, bit)) continue;
    put32(wire, FIRST_CODE + bit);
    hashUpdate(state, wire, 4);
  }
  writeU16(digestSizeOf(algorithm));
  hashFinal(state, reserve(digestSizeOf(algorithm)));
  scratchRelease(mark);
}
