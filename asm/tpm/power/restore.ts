// A TPM that is put back to a snapshot, after its permanent state has moved on: what must not go back with it, and a clone that
// is to be another TPM.
//
// The host loads the later permanent state and calls noteLater, loads the snapshot's into the same instance, powers it on,
// resumes the volatile state, and calls keepLater.
import {
  EK_INDEX_FIRST,
  EK_INDEX_LAST,
  PLATFORM_CERTIFICATE_FIRST,
  PLATFORM_CERTIFICATE_LAST,
  TPM_ALG_SHA256,
  TPM_NT_COUNTER,
  TPMA_NV_ORDERLY,
  TPMA_NV_WRITTEN,
} from "../../generated/constants";
import {
  bytesOf2B,
  get64,
  MAX_ORDERLY_COUNT,
  scratchMark,
  scratchRelease,
  scratchTake,
  sizeOf2B,
  stateBuffer,
  transferUsed,
} from "../../base/index";
import { HMAC_CONTEXT_SIZE, hmacFinal, hmacInit, hmacUpdate } from "../../crypto/index";
import {
  firstIndex,
  indexData,
  isInRam,
  nextIndex,
  nvType,
  publicAttributes,
  removeIndex,
  savedCounter,
} from "../nv/index";
import { renewEndorsement } from "../objects/index";
import { time } from "../platform/index";
import {
  beginCommand,
  CLOCK,
  CLOCK_SAFE,
  entryContent,
  entryHandle,
  EP_SEED,
  FAILED_TRIES,
  LOCKOUT_AUTH_ENABLED,
  LOCKOUT_RECOVERY,
  LOCKOUT_TIMER,
  MAX_TRIES,
  NV_MAX_COUNTER,
  nvUsed,
  permanentChange,
  RECOVERY_TIME,
  SELF_HEAL_TIMER,
  TOTAL_RESET_COUNT,
} from "../state/index";

let noted: bool = false;
let clock: u64 = 0;
let failedTries: u32 = 0;
let lockoutAuthEnabled: u8 = 1;
let maxTries: u32 = 0;
let recoveryTime: u32 = 0;
let lockoutRecovery: u32 = 0;
let largestCounter: u64 = 0;

/** Of the permanent state that is loaded: what a TPM that is put back to an earlier one keeps. */
export function noteLater(): void {
  noted = true;
  clock = load<u64>(CLOCK);
  failedTries = load<u32>(FAILED_TRIES);
  lockoutAuthEnabled = load<u8>(LOCKOUT_AUTH_ENABLED);
  maxTries = load<u32>(MAX_TRIES);
  recoveryTime = load<u32>(RECOVERY_TIME);
  lockoutRecovery = load<u32>(LOCKOUT_RECOVERY);
  largestCounter = load<u64>(NV_MAX_COUNTER);
  for (let index = firstIndex(0); index != 0; index = nextIndex(index)) {
    const attributes = publicAttributes(entryContent(index));
    if (nvType(attributes) != TPM_NT_COUNTER) continue;
    let count: u64 = 0;
    if (attributes & TPMA_NV_ORDERLY) count = savedCounter(entryHandle(index)) | MAX_ORDERLY_COUNT;
    else if (attributes & TPMA_NV_WRITTEN) count = get64(indexData(index));
    if (count > largestCounter) largestCounter = count;
  }
}

/**
 * After loadVolatile: failedTries, lockout, its parameters and Clock are those that were noted, where they are later; no NV
 * counter that is made from now on begins at a value that one has had. Clock is not safe: it may have told more than is on record.
 * Leaves a commit pending, also when nothing was noted.
 */
export function keepLater(): void {
  beginCommand();
  permanentChange();
  store<u8>(CLOCK_SAFE, 0);
  if (!noted) return;
  noted = false;
  store<u64>(CLOCK, max(load<u64>(CLOCK), clock));
  if (failedTries > load<u32>(FAILED_TRIES)) {
    store<u32>(FAILED_TRIES, failedTries);
    store<u64>(SELF_HEAL_TIMER, time);
  }
  if (lockoutAuthEnabled < load<u8>(LOCKOUT_AUTH_ENABLED)) {
    store<u8>(LOCKOUT_AUTH_ENABLED, 0);
    store<u64>(LOCKOUT_TIMER, time);
  }
  store<u32>(MAX_TRIES, maxTries);
  store<u32>(RECOVERY_TIME, recoveryTime);
  store<u32>(LOCKOUT_RECOVERY, lockoutRecovery);
  store<u64>(NV_MAX_COUNTER, max(load<u64>(NV_MAX_COUNTER), largestCounter));
}

/**
 * After keepLater: the TPM is another one from now on. The endorsement hierarchy is new, as by TPM2_ChangeEPS, and what NV says
 * of the old one's keys and of the platform goes. Storage and platform hierarchy, sessions and the rest stay.
 */
export function newIdentity(): void {
  renewEndorsement();
  removeIndices(EK_INDEX_FIRST, EK_INDEX_LAST);
  removeIndices(PLATFORM_CERTIFICATE_FIRST, PLATFORM_CERTIFICATE_LAST);
}

/** An orderly index is in RAM after TPM2_Startup only; nobody makes one of these orderly. */
function removeIndices(first: u32, last: u32): void {
  let handle = first;
  for (let index = firstIndex(handle); index != 0 && entryHandle(index) <= last; index = firstIndex(handle)) {
    handle = entryHandle(index) + 1;
    const isOrderly = (publicAttributes(entryContent(index)) & TPMA_NV_ORDERLY) != 0;
    if (!isOrderly || isInRam(entryHandle(index))) removeIndex(index);
  }
}

const LABEL = "tabtpm identity";

/**
 * Writes to stateBuffer 32 octets that this endorsement hierarchy has and no other, and that tell nothing of its seed.
 * Returns whether the TPM was ever started, or has anything in its NV.
 */
export function identity(): bool {
  const mark = scratchMark();
  const context = scratchTake(HMAC_CONTEXT_SIZE);
  const label = scratchTake(LABEL.length);
  for (let i = 0; i < LABEL.length; i++) store<u8>(label + i, LABEL.charCodeAt(i) as u8);
  hmacInit(context, TPM_ALG_SHA256, bytesOf2B(EP_SEED), sizeOf2B(EP_SEED));
  hmacUpdate(context, label, LABEL.length);
  hmacFinal(context, stateBuffer);
  transferUsed(32);
  scratchRelease(mark);
  return load<u64>(TOTAL_RESET_COUNT) != 0 || nvUsed() != 0;
}
