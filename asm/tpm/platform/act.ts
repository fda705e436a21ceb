// Authenticated Countdown Timers (Part 3, 33; Part 2, 8.12): numbers 0 and 0xA. A timer is the Time at which it signals,
// so nothing has to tick: remaining seconds and the signal follow from the clock.
//
// Every _TPM_Init of this TPM is a loss of power: the signal outlives it only by TPM Resume, and preserveSignaled is
// never SET.
import { ACT_STOP, TPM_RH_ACT_0, TPM_RH_ACT_F } from "../../generated/constants";
import { isFullProfile } from "../algorithms/index";
import {
  ACT_COUNT,
  ACT_EXPIRIES,
  ACT_NEVER_SET,
  ACT_POLICIES,
  ACT_REMAINING,
  ACT_SIGNALED,
  ACT_STOPPED,
  ACT_UPDATED,
  CLEAR_DATA,
  POLICY,
  SAVED_CLEAR,
  STARTED,
} from "../state/index";
import { currentTime, time } from "./clock";
import { clearPolicy } from "./hierarchy";

/** Index of the timer of this handle, or -1 for one that this TPM does not have. libtpms 0.9.2 has none. */
export function actOf(handle: u32): i32 {
  if (!isFullProfile()) return -1;
  if (handle == TPM_RH_ACT_0) return 0;
  return handle == TPM_RH_ACT_0 + 0xa ? 1 : -1;
}

/** The first timer whose handle is not below this one; 0 when there are no more. */
export function nextAct(handle: u32): u32 {
  for (let at = max(handle, TPM_RH_ACT_0); at <= TPM_RH_ACT_F; at++) if (actOf(at) >= 0) return at;
  return 0;
}

/** Its policy: u16 algorithm and TPM2B. */
export function actPolicy(act: u32): usize {
  return ACT_POLICIES + act * POLICY;
}

function expiry(act: u32): u64 {
  return load<u64>(ACT_EXPIRIES + (act << 3));
}

function setExpiry(act: u32, value: u64): void {
  store<u64>(ACT_EXPIRIES + (act << 3), value);
}

function signaledAt(act: u32, when: u64): bool {
  const at = expiry(act);
  return at != ACT_NEVER_SET && at != ACT_STOPPED && at - 1 <= when;
}

export function actIsSignaled(act: u32): bool {
  return signaledAt(act, time);
}

/** Seconds until it signals, of which a started one counts; ACT_STOP when it stands still. */
export function actRemaining(act: u32): u32 {
  const at = expiry(act);
  if (at == ACT_NEVER_SET || actIsSignaled(act)) return 0;
  return at == ACT_STOPPED ? ACT_STOP : (((at - 1 - time + 999) / 1000) as u32);
}

function start(act: u32, seconds: u32): void {
  setExpiry(act, seconds == ACT_STOP ? ACT_STOPPED : time + (seconds as u64) * 1000 + 1);
}

/** TPM2_ACT_SetTimeout, after its checks. Going to zero signals; from zero to zero nothing changes. */
export function setActTimeout(act: u32, seconds: u32): void {
  if (seconds != 0 || actRemaining(act) != 0) start(act, seconds);
  store<u8>(ACT_UPDATED, ((load<u8>(ACT_UPDATED) as u32) | (1 << act)) as u8);
}

/** TPM2_Startup. */
export function actStartup(resume: bool): void {
  store<u8>(ACT_UPDATED, 0);
  for (let act: u32 = 0; act < ACT_COUNT; act++) {
    setExpiry(act, ACT_NEVER_SET);
    if (!resume) {
      clearPolicy(actPolicy(act));
      store<u32>(ACT_REMAINING + (act << 2), 0);
      continue;
    }
    const remaining = load<u32>(ACT_REMAINING + (act << 2));
    if (remaining != 0 || ((load<u8>(ACT_SIGNALED) as u32) >> act) & 1) start(act, remaining);
  }
  if (!resume) store<u8>(ACT_SIGNALED, 0);
}

/**
 * Shutdown(STATE): into the saved state clear data. A timer that was not set since TPM2_Startup is saved with half of
 * what remains, so that nobody can save it early, go on, and have it start from there again and again.
 */
export function saveActs(): void {
  const saved = SAVED_CLEAR - CLEAR_DATA;
  let signaled: u32 = 0;
  for (let act: u32 = 0; act < ACT_COUNT; act++) {
    let remaining = actRemaining(act);
    const updated = ((load<u8>(ACT_UPDATED) as u32) >> act) & 1;
    if (!updated && remaining != ACT_STOP && remaining > 1) remaining >>= 1;
    store<u32>(ACT_REMAINING + saved + (act << 2), remaining);
    if (actIsSignaled(act)) signaled |= 1 << act;
  }
  store<u8>(ACT_SIGNALED + saved, signaled as u8);
}

/** For the host, at any moment: bit n is SET while timer n signals. */
export function signaledActs(): u32 {
  if (!load<u8>(STARTED)) return 0;
  const now = currentTime();
  let map: u32 = 0;
  for (let handle = nextAct(TPM_RH_ACT_0); handle != 0; handle = nextAct(handle + 1)) {
    if (signaledAt(actOf(handle), now)) map |= 1 << (handle - TPM_RH_ACT_0);
  }
  return map;
}

/** For the host, at any moment: milliseconds until the next timer signals; -1 when none runs. */
export function nextActSignal(): f64 {
  if (!load<u8>(STARTED)) return -1;
  let delay: f64 = -1;
  for (let act: u32 = 0; act < ACT_COUNT; act++) {
    const at = expiry(act);
    if (at == ACT_NEVER_SET || at == ACT_STOPPED) continue;
    // Most TPMs set none, and are asked after each command: they need no clock.
    const now = currentTime();
    if (signaledAt(act, now)) continue;
    const left = (at - 1 - now) as f64;
    if (delay < 0 || left < delay) delay = left;
  }
  return delay;
}
