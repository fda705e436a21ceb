// Commit before response, and rollback. A command calls `permanentChange` after its last check and before its first
// change. The host then stores the blob durably before the response leaves; when it cannot, `rollBack` puts the whole
// of STATE back to where it was.
import { nvBegin, nvCommitted, nvRollBack } from "./nvStorage";
import { BACKGROUND, BACKGROUND_SIZE, DA_DATA, DA_DATA_SIZE, DA_PENDING, STATE, STATE_SIZE } from "./state";

const shadow: usize = memory.data(32768, 16);
if (STATE_SIZE > 32768) ERROR("STATE does not fit its shadow");

let shadowTaken: bool = false;
let pending: bool = false;

// What changes by itself with time, as it was. When only this could not be stored, the command's own result still stands.
const background: usize = memory.data(64, 8);
if (BACKGROUND_SIZE > 64) ERROR("BACKGROUND does not fit its copy");
let backgroundPending: bool = false;
let clockReported: bool = false;

/** The change of failedTries or of lockoutAuth's use outlives a rollback, or guessing would be free. */
let daFailure: bool = false;
/** lockoutAuth was used, right or wrong: a store that refuses must not tell which, now or at the next use. */
let lockoutAuthUsed: bool = false;

/** This command's commit is the first to say that a protected authValue is in use. */
let daFirstUse: bool = false;

/** At the start of a command or event. */
export function beginCommand(): void {
  if (shadowTaken) memory.fill(shadow, 0, STATE_SIZE);
  shadowTaken = false;
  pending = false;
  backgroundPending = false;
  clockReported = false;
  daFailure = false;
  lockoutAuthUsed = false;
  daFirstUse = false;
  memory.copy(background, BACKGROUND, BACKGROUND_SIZE);
}

/** Takes the copy for a rollback early: for a change that becomes permanent only after the command's own changes. */
export function keepShadow(): void {
  if (shadowTaken) return;
  memory.copy(shadow, STATE, STATE_SIZE);
  nvBegin();
  shadowTaken = true;
}

/** Call after the last check and before the first change: takes the copy for a rollback, and asks for a commit. */
export function permanentChange(): void {
  keepShadow();
  pending = true;
}

/** The clock crossed an update interval, or time healed a dictionary attack counter. */
export function backgroundChange(): void {
  backgroundPending = true;
}

/** The response depends on Clock: it may not stand when Clock could not be stored. */
export function reportsClock(): void {
  clockReported = true;
}

/** The dictionary attack counters were changed by a failed authorisation. */
export function dictionaryAttackFailure(): void {
  daFailure = true;
}

/** Call before lockoutAuth is compared: the response waits for the store, whatever comes of it. */
export function lockoutAuthUse(): void {
  permanentChange();
  lockoutAuthUsed = true;
}

/**
 * That a protected authValue is in use goes on record with the answer. Call after `permanentChange`. When that can't be
 * stored nothing was found out, so nothing is counted either: a count would tell a wrong guess from a right one, and the
 * next start knows of neither.
 */
export function firstUseOfProtected(): void {
  daFirstUse = true;
}

export function isCommitPending(): bool {
  return pending || backgroundPending;
}

export function committed(): void {
  if (daFailure || pending) store<u8>(DA_PENDING, 0);
  if (pending) nvCommitted();
  settle();
}

function settle(): void {
  pending = false;
  backgroundPending = false;
  if (shadowTaken) memory.fill(shadow, 0, STATE_SIZE);
  shadowTaken = false;
}

/** Undoes what could not be stored. True when the response must become TPM_RC_NV_UNAVAILABLE. */
export function rollBack(): bool {
  const commandFails = pending || clockReported;
  const failureCounts = daFailure && !daFirstUse;
  if (failureCounts) memory.copy(background + (DA_DATA - BACKGROUND), DA_DATA, DA_DATA_SIZE);
  if (pending) memory.copy(STATE, shadow, STATE_SIZE);
  memory.copy(BACKGROUND, background, BACKGROUND_SIZE);
  if (failureCounts || lockoutAuthUsed) store<u8>(DA_PENDING, 1);
  if (pending) nvRollBack();
  settle();
  return commandFails;
}
