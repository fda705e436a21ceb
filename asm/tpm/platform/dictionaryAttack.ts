// Protection against dictionary attacks (Part 1, 19.8): counting failures, lockout, and healing with time.
import { TPM_RC_LOCKOUT, TPM_RC_RETRY, TPM_RC_SUCCESS } from "../../generated/constants";
import { REFUSAL_FIRST_USE, REFUSAL_LOCKED_OUT, REFUSAL_LOCKOUT_AUTH_LOCKED } from "../../generated/refusals";
import { refuse } from "../../base/index";
import { recordsFirstUseWithCommand } from "../algorithms/index";
import {
  backgroundChange,
  DA_DATA,
  DA_PENDING,
  DA_USED,
  dictionaryAttackFailure,
  firstUseOfProtected,
  FAILED_TRIES,
  isOrderly,
  LOCKOUT_AUTH_ENABLED,
  LOCKOUT_RECOVERY,
  LOCKOUT_TIMER,
  lockoutAuthUse,
  MAX_TRIES,
  ORDERLY_STATE,
  permanentChange,
  PREVIOUS_ORDERLY_STATE,
  RECOVERY_TIME,
  SELF_HEAL_TIMER,
  SHUTDOWN_TIME,
  SU_DA_USED,
} from "../state/index";
import { time } from "./clock";

/** Values of a new TPM, and after TPM2_Clear. */
export function dictionaryAttackDefaults(): void {
  store<u32>(FAILED_TRIES, 0);
  store<u32>(MAX_TRIES, 3);
  store<u32>(RECOVERY_TIME, 1000);
  store<u32>(LOCKOUT_RECOVERY, 1000);
  store<u8>(LOCKOUT_AUTH_ENABLED, 1);
}

/** At TPM2_Startup. `orderly`: the previous shutdown was orderly, so the time it recorded is true. */
export function dictionaryAttackStartup(orderly: bool): void {
  store<u64>(SELF_HEAL_TIMER, orderly ? beforeStart(load<u64>(SELF_HEAL_TIMER)) : 0);
  store<u64>(LOCKOUT_TIMER, orderly ? beforeStart(load<u64>(LOCKOUT_TIMER)) : 0);
  if (load<u32>(LOCKOUT_RECOVERY) == 0) store<u8>(LOCKOUT_AUTH_ENABLED, 1);
  // A failed try may have been lost with the power: count one when a protected authValue was in use.
  const tries = load<u32>(FAILED_TRIES);
  if (load<u32>(RECOVERY_TIME) != 0 && tries < load<u32>(MAX_TRIES) && !isOrderly(load<u16>(PREVIOUS_ORDERLY_STATE))) {
    store<u32>(FAILED_TRIES, tries + load<u8>(DA_USED));
    store<u8>(DA_USED, 0);
  }
}

/**
 * A time of the last power cycle as Time of this one: zero or less. One later than the shutdown, of a failure after it,
 * counts from now on: in the future it would look like one long ago.
 */
function beforeStart(timer: u64): u64 {
  const sinceShutdown = (timer - load<u64>(SHUTDOWN_TIME)) as i64;
  return sinceShutdown < 0 ? (sinceShutdown as u64) : 0;
}

/**
 * The volatile state goes on from its own Time. A timer counts on where it has not moved since that state was saved;
 * else it is of another course of Time, and counts from now on: neither what lies in the future nor what another
 * state's Time makes look old may be forgiven at once.
 * @param saved DA_DATA when the volatile state was saved.
 */
export function dictionaryAttackResume(saved: usize): void {
  const before = saved - DA_DATA;
  const sameTries =
    load<u32>(FAILED_TRIES) == load<u32>(FAILED_TRIES + before) &&
    load<u64>(SELF_HEAL_TIMER) == load<u64>(SELF_HEAL_TIMER + before);
  const sameLockout =
    load<u8>(LOCKOUT_AUTH_ENABLED) == load<u8>(LOCKOUT_AUTH_ENABLED + before) &&
    load<u64>(LOCKOUT_TIMER) == load<u64>(LOCKOUT_TIMER + before);
  if (!sameTries) store<u64>(SELF_HEAL_TIMER, time);
  if (!sameLockout) store<u64>(LOCKOUT_TIMER, time);
  // A failure that no store had is lost with the memory that it was in. No use is answered before a store works.
  store<u8>(DA_PENDING, 1);
}

/** Milliseconds since a timer was set. One that is later than Time was set now. */
function elapsedSince(timer: usize): u64 {
  const elapsed = (time - load<u64>(timer)) as i64;
  if (elapsed >= 0) return elapsed as u64;
  store<u64>(timer, time);
  return 0;
}

/** The TPM does not check an authValue under protection while it could not record the failure. */
export function checkLockedOut(lockoutAuth: bool): u32 {
  if (load<u8>(DA_PENDING)) permanentChange();
  if (lockoutAuth) {
    if (!load<u8>(LOCKOUT_AUTH_ENABLED))
      return refuse(TPM_RC_LOCKOUT, REFUSAL_LOCKOUT_AUTH_LOCKED, lockoutAuthSeconds());
    lockoutAuthUse();
    return TPM_RC_SUCCESS;
  }
  if (load<u32>(FAILED_TRIES) >= load<u32>(MAX_TRIES))
    return refuse(TPM_RC_LOCKOUT, REFUSAL_LOCKED_OUT, failedTries(), maxTries(), lockoutSeconds());
  if (!load<u8>(DA_USED)) {
    permanentChange();
    store<u8>(DA_USED, 1);
    store<u16>(ORDERLY_STATE, SU_DA_USED as u16);
    // On record before anything is checked, and the client tries again; or in the commit of this very command.
    if (!recordsFirstUseWithCommand()) return refuse(TPM_RC_RETRY, REFUSAL_FIRST_USE);
    firstUseOfProtected();
  }
  return TPM_RC_SUCCESS;
}

export function failedTries(): u32 {
  return load<u32>(FAILED_TRIES);
}

export function maxTries(): u32 {
  return load<u32>(MAX_TRIES);
}

/** The lockout does not end with time. */
const NEVER: u32 = 0xffffffff;

/** Seconds until one more try is allowed, while there are none. */
function lockoutSeconds(): u32 {
  // TPM2_DictionaryAttackParameters may have allowed none at all.
  if (maxTries() == 0) return NEVER;
  const intervals = (failedTries() - maxTries() + 1) as u64;
  return secondsLeft(intervals * load<u32>(RECOVERY_TIME), SELF_HEAL_TIMER);
}

/** Seconds until lockoutAuth may be tried again. */
export function lockoutAuthSeconds(): u32 {
  const recovery = load<u32>(LOCKOUT_RECOVERY);
  return recovery == 0 ? NEVER : secondsLeft(recovery, LOCKOUT_TIMER);
}

function secondsLeft(seconds: u64, timer: usize): u32 {
  const left = seconds - min(elapsedSince(timer) / 1000, seconds);
  return min(left, NEVER - 1) as u32;
}

/** Records a failed authorisation with lockoutAuth or with another protected authValue. */
export function registerFailure(lockoutAuth: bool): void {
  permanentChange();
  dictionaryAttackFailure();
  if (lockoutAuth) {
    store<u8>(LOCKOUT_AUTH_ENABLED, 0);
    store<u64>(LOCKOUT_TIMER, time);
  } else {
    if (load<u32>(RECOVERY_TIME) != 0) store<u32>(FAILED_TRIES, load<u32>(FAILED_TRIES) + 1);
    store<u64>(SELF_HEAL_TIMER, time);
  }
}

/** Called whenever Time advanced. */
export function selfHeal(): void {
  const tries = load<u32>(FAILED_TRIES);
  if (tries != 0) {
    const recovery = load<u32>(RECOVERY_TIME) as u64;
    if (recovery == 0) {
      store<u32>(FAILED_TRIES, 0);
      backgroundChange();
    } else {
      const intervals = elapsedSince(SELF_HEAL_TIMER) / 1000 / recovery;
      if (intervals != 0) {
        store<u32>(FAILED_TRIES, intervals >= (tries as u64) ? 0 : tries - (intervals as u32));
        store<u64>(SELF_HEAL_TIMER, load<u64>(SELF_HEAL_TIMER) + intervals * recovery * 1000);
        backgroundChange();
      }
    }
  }
  const recovery = load<u32>(LOCKOUT_RECOVERY) as u64;
  if (!load<u8>(LOCKOUT_AUTH_ENABLED) && recovery != 0 && elapsedSince(LOCKOUT_TIMER) / 1000 >= recovery) {
    store<u8>(LOCKOUT_AUTH_ENABLED, 1);
    backgroundChange();
  }
}
