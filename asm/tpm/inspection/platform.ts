// What a TPM has without any object: its state, clock, hierarchies, timers, and the room that there is.
import {
  ACT_STOP,
  TPM_RH_ACT_0,
  TPM_RH_ENDORSEMENT,
  TPM_RH_LOCKOUT,
  TPM_RH_NULL,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
} from "../../generated/constants";
import {
  MAX_ACTIVE_SESSIONS,
  MAX_LOADED_OBJECTS,
  MAX_LOADED_SESSIONS,
  RAM_INDEX_SPACE,
  sizeOf2B,
} from "../../base/index";
import { inFailureMode, profileOf } from "../algorithms/index";
import { authValueOf, policyOf } from "../authorization/index";
import { countersAvailable, persistentAvailable } from "../nv/index";
import {
  actOf,
  actPolicy,
  currentTime,
  hierarchyEnabled,
  hierarchySeed,
  nextAct,
  NV_CLOCK_UPDATE_INTERVAL,
  physicalPresenceAsserted,
  time,
} from "../platform/index";
import {
  ACT_EXPIRIES,
  ACT_NEVER_SET,
  ACT_STOPPED,
  ALGORITHM_SET,
  CLEAR_COUNT,
  CLOCK,
  CLOCK_SAFE,
  COMMIT_ARRAY,
  COMMIT_COUNTER,
  DISABLE_CLEAR,
  ESTABLISHED,
  isOrderly,
  isShutdownOnRecord,
  MAX_PENDING_COMMITS,
  NV_STORE_SIZE,
  nvUsed,
  ORDERLY_USED,
  PCR_RECONFIGURED,
  PH_ENABLE_NV,
  PREVIOUS_ORDERLY_STATE,
  PROFILE,
  RESET_COUNT,
  RESTART_COUNT,
  STARTED,
} from "../state/index";
import { add16, add32, add64, add8, addFlag, addWire2B } from "./record";

const MAGIC: u32 = 0x54_49_4e_53; // "TINS"
const VERSION: u32 = 1;

export function addGeneral(): void {
  add32(MAGIC);
  add16(VERSION);
  add8(profileOf(load<u32>(PROFILE)));
  const started = load<u8>(STARTED) != 0;
  addFlag(started);
  addFlag(inFailureMode());
  add8(load<u8>(ESTABLISHED));
  // Before TPM2_Startup the last shutdown is the one on record, after it the one that it found there.
  addFlag(started ? isOrderly(load<u16>(PREVIOUS_ORDERLY_STATE)) : isShutdownOnRecord());
  addFlag(isShutdownOnRecord());
  add8(load<u8>(DISABLE_CLEAR));
  addFlag(physicalPresenceAsserted());
  add8(load<u8>(PCR_RECONFIGURED));
  add32(load<u32>(ALGORITHM_SET));
}

/** As TPM2_ReadClock would tell it now. The clock itself stands where the last command left it. */
export function addClock(): void {
  const now = currentTime();
  const clock = load<u64>(CLOCK) + (load<u8>(STARTED) ? now - time : 0);
  const passesInterval = clock >> NV_CLOCK_UPDATE_INTERVAL != load<u64>(CLOCK) >> NV_CLOCK_UPDATE_INTERVAL;
  add64(now);
  add64(clock);
  addFlag(load<u8>(CLOCK_SAFE) != 0 || passesInterval);
  add32(load<u32>(RESET_COUNT));
  add32(load<u32>(RESTART_COUNT));
  add32(load<u32>(CLEAR_COUNT));
}

/** u16 algorithm and TPM2B, as policies lie in STATE. */
export function addPolicy(policy: usize): void {
  add16(load<u16>(policy));
  addWire2B(policy + 2);
}

export function addHierarchies(): void {
  addFlag(load<u8>(PH_ENABLE_NV) != 0);
  addHierarchy(TPM_RH_OWNER);
  addHierarchy(TPM_RH_ENDORSEMENT);
  addHierarchy(TPM_RH_PLATFORM);
  addHierarchy(TPM_RH_NULL);
  addFlag(sizeOf2B(authValueOf(TPM_RH_LOCKOUT)) != 0);
  addPolicy(policyOf(TPM_RH_LOCKOUT));
}

function addHierarchy(hierarchy: u32): void {
  add32(hierarchy);
  addFlag(hierarchyEnabled(hierarchy));
  addFlag(sizeOf2B(hierarchySeed(hierarchy)) != 0);
  addFlag(sizeOf2B(authValueOf(hierarchy)) != 0);
  const policy = policyOf(hierarchy);
  if (policy != 0) {
    addPolicy(policy);
  } else {
    add16(0);
    add16(0);
  }
}

/** Authenticated Countdown Timers: what is left of them now, in seconds, of which a started one counts. */
export function addTimers(): void {
  const now = currentTime();
  let count: u32 = 0;
  for (let handle = nextAct(TPM_RH_ACT_0); handle != 0; handle = nextAct(handle + 1)) count++;
  add8(count);
  for (let handle = nextAct(TPM_RH_ACT_0); handle != 0; handle = nextAct(handle + 1)) {
    const act = actOf(handle) as u32;
    const expiry = load<u64>(ACT_EXPIRIES + (act << 3));
    const runs = expiry != ACT_NEVER_SET && expiry != ACT_STOPPED;
    const isSignaled = runs && expiry - 1 <= now;
    add32(handle);
    addFlag(isSignaled);
    if (expiry == ACT_STOPPED) add32(ACT_STOP);
    else add32(runs && !isSignaled ? (((expiry - 1 - now + 999) / 1000) as u32) : 0);
    addPolicy(actPolicy(act));
  }
}

/** Storage, the limits of slots, and the ephemeral scalars that are pending. */
export function addAreas(): void {
  add32(NV_STORE_SIZE);
  add32(nvUsed());
  add32(RAM_INDEX_SPACE);
  add32(load<u32>(ORDERLY_USED));
  add32(persistentAvailable());
  add32(countersAvailable());
  add32(MAX_LOADED_OBJECTS);
  add32(MAX_LOADED_SESSIONS);
  add32(MAX_ACTIVE_SESSIONS);
  add64(load<u64>(COMMIT_COUNTER));
  let pending: u32 = 0;
  for (let i: u32 = 0; i < MAX_PENDING_COMMITS >> 3; i++) pending += popcnt<u32>(load<u8>(COMMIT_ARRAY + i));
  add32(pending);
}
