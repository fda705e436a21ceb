// Commit before response, and rollback. A command calls `permanentChange` after its last check and before its first
// change. The host then stores the blob durably before the response leaves; when it cannot, `rollBack` puts the whole
// of STATE back to where it was.
import {
  CLOCK,
  CLOCK_SAFE,
  DA_PENDING,
  FAILED_TRIES,
  LOCKOUT_AUTH_ENABLED,
  LOCKOUT_TIMER,
  SELF_HEAL_TIMER,
  STATE,
  STATE_SIZE,
} from "./state";
import { nvBegin, nvCommitted, nvRollBack } from "./nvStorage";

const shadow: usize = memory.data(32768, 16);
if (STATE_SIZE > 32768) ERROR("STATE does not fit its shadow");

let shadowTaken: bool = false;
let pending: bool = false;

// What changes by itself with time. When only this could not be stored, the command's own result still stands.
let backgroundPending: bool = false;
let clockReported: bool = false;
let clock: u64 = 0;
let clockSafe: u8 = 0;
let failedTries: u32 = 0;
let lockoutAuthEnabled: u8 = 0;
let selfHealTimer: u64 = 0;
let lockoutTimer: u64 = 0;

/** The change of failedTries or of lockoutAuth's use outlives a rollback, or guessing would be free. */
let daFailure: bool = false;

/** At the start of a command or event. */
export function beginCommand(): void {
  if (shadowTaken) memory.fill(shadow, 0, STATE_SIZE);
  shadowTaken = false;
  pending = false;
  backgroundPending = false;
  clockReported = false;
  daFailure = false;
  clock = load<u64>(CLOCK);
  clockSafe = load<u8>(CLOCK_SAFE);
  failedTries = load<u32>(FAILED_TRIES);
  lockoutAuthEnabled = load<u8>(LOCKOUT_AUTH_ENABLED);
  selfHealTimer = load<u64>(SELF_HEAL_TIMER);
  lockoutTimer = load<u64>(LOCKOUT_TIMER);
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

function restoreBackground(): void {
  store<u64>(CLOCK, clock);
  store<u8>(CLOCK_SAFE, clockSafe);
  store<u32>(FAILED_TRIES, failedTries);
  store<u8>(LOCKOUT_AUTH_ENABLED, lockoutAuthEnabled);
  store<u64>(SELF_HEAL_TIMER, selfHealTimer);
  store<u64>(LOCKOUT_TIMER, lockoutTimer);
}

/** Undoes what could not be stored. True when the response must become TPM_RC_NV_UNAVAILABLE. */
export function rollBack(): bool {
  const commandFails = pending || clockReported;
  if (daFailure) {
    const tries = load<u32>(FAILED_TRIES);
    const lockout = load<u8>(LOCKOUT_AUTH_ENABLED);
    const heal = load<u64>(SELF_HEAL_TIMER);
    const recovery = load<u64>(LOCKOUT_TIMER);
    if (pending) memory.copy(STATE, shadow, STATE_SIZE);
    store<u32>(FAILED_TRIES, tries);
    store<u8>(LOCKOUT_AUTH_ENABLED, lockout);
    store<u64>(SELF_HEAL_TIMER, heal);
    store<u64>(LOCKOUT_TIMER, recovery);
    store<u64>(CLOCK, clock);
    store<u8>(CLOCK_SAFE, clockSafe);
    store<u8>(DA_PENDING, 1);
  } else {
    if (pending) memory.copy(STATE, shadow, STATE_SIZE);
    restoreBackground();
  }
  if (pending) nvRollBack();
  settle();
  return commandFails;
}
