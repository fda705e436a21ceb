// The dictionary attack protection as the next command will find it: what time has healed since the last one is healed
// here, and not in the TPM (platform/dictionaryAttack.ts does that).
import { currentTime } from "../platform/index";
import {
  FAILED_TRIES,
  LOCKOUT_AUTH_ENABLED,
  LOCKOUT_RECOVERY,
  LOCKOUT_TIMER,
  MAX_TRIES,
  RECOVERY_TIME,
  SELF_HEAL_TIMER,
  STARTED,
} from "../state/index";
import { add32, add64, addFlag, NEVER } from "./record";

function elapsedSince(timer: usize): u64 {
  const elapsed = (currentTime() - load<u64>(timer)) as i64;
  return elapsed > 0 ? (elapsed as u64) : 0;
}

export function addLockout(): void {
  // Before TPM2_Startup nobody knows how long the power was gone.
  const counts = load<u8>(STARTED) != 0;
  let tries = load<u32>(FAILED_TRIES);
  let nextForgotten = NEVER;
  const interval = (load<u32>(RECOVERY_TIME) as u64) * 1000;
  if (counts && tries != 0) {
    if (interval == 0) {
      tries = 0;
    } else {
      const elapsed = elapsedSince(SELF_HEAL_TIMER);
      const healed = elapsed / interval;
      tries = healed >= (tries as u64) ? 0 : tries - (healed as u32);
      if (tries != 0) nextForgotten = interval - (elapsed % interval);
    }
  }
  let lockoutAuthEnabled = load<u8>(LOCKOUT_AUTH_ENABLED) != 0;
  let lockoutAuthDelay = NEVER;
  const recovery = (load<u32>(LOCKOUT_RECOVERY) as u64) * 1000;
  if (counts && !lockoutAuthEnabled && recovery != 0) {
    const elapsed = elapsedSince(LOCKOUT_TIMER);
    if (elapsed >= recovery) lockoutAuthEnabled = true;
    else lockoutAuthDelay = recovery - elapsed;
  }
  add32(tries);
  add32(load<u32>(MAX_TRIES));
  add32(load<u32>(RECOVERY_TIME));
  add32(load<u32>(LOCKOUT_RECOVERY));
  addFlag(tries >= load<u32>(MAX_TRIES));
  add64(nextForgotten);
  addFlag(lockoutAuthEnabled);
  add64(lockoutAuthDelay);
}
