// Authorization sessions: the loaded ones in slots (src/spec/layout/slots.ts), and the tracking of all active ones
// (Part 1, 19, 30.5).
import {
  HMAC_SESSION_FIRST,
  HR_HANDLE_MASK,
  POLICY_SESSION_FIRST,
  TPM_RC_CONTEXT_GAP,
  TPM_RC_SESSION_HANDLES,
  TPM_RC_SESSION_MEMORY,
  TPM_RC_SUCCESS,
  TPM_RC_TOO_MANY_CONTEXTS,
} from "../../generated/constants";
import {
  ATTRIBUTES,
  AUTH_HASH,
  BOUND_ENTITY_SIZE,
  COMMAND_CODE,
  COMMAND_LOCALITY,
  CP_HASH,
  EPOCH,
  IS_DA_BOUND,
  IS_LOCKOUT_BOUND,
  IS_OCCUPIED,
  IS_POLICY,
  IS_TRIAL_POLICY,
  POLICY_DIGEST,
  SESSION_PCR_COUNTER,
  SESSION_SIZE,
  START_TIME,
  TIMEOUT,
} from "../../generated/layout/session";
import { REFUSAL_CONTEXT_GAP, REFUSAL_SESSION_HANDLES, REFUSAL_SESSION_SLOTS } from "../../generated/refusals";
import { MAX_ACTIVE_SESSIONS, MAX_DIGEST_SIZE, MAX_LOADED_SESSIONS, put16, refuse, wipe2B } from "../../base/index";
import { digestSizeOf } from "../algorithms/index";
import { time } from "../platform/index";
import { CONTEXT_ARRAY, CONTEXT_COUNTER, PCR_COUNTER, SESSION_SLOT, SESSIONS, TIME_EPOCH } from "../state/index";

export * from "../../generated/layout/session";

if (SESSION_SIZE > SESSION_SLOT) ERROR("a session does not fit its slot");

export function hasAttribute(session: usize, flag: u32): bool {
  return (load<u32>(session, ATTRIBUTES) & flag) != 0;
}

export function setAttribute(session: usize, flag: u32): void {
  store<u32>(session, load<u32>(session, ATTRIBUTES) | flag, ATTRIBUTES);
}

export function clearAttribute(session: usize, flag: u32): void {
  store<u32>(session, load<u32>(session, ATTRIBUTES) & ~flag, ATTRIBUTES);
}

// --- tracking --------------------------------------------------------------------------------------------------

function contextSlot(index: u32): u32 {
  return load<u16>(CONTEXT_ARRAY + (index << 1));
}

function setContextSlot(index: u32, value: u32): void {
  store<u16>(CONTEXT_ARRAY + (index << 1), value as u16);
}

function slotAddress(slot: u32): usize {
  return SESSIONS + slot * SESSION_SLOT;
}

export function freeSlots(): u32 {
  let free: u32 = 0;
  for (let slot: u32 = 0; slot < MAX_LOADED_SESSIONS; slot++) {
    if (!hasAttribute(slotAddress(slot), IS_OCCUPIED)) free++;
  }
  return free;
}

function findFreeSlot(): i32 {
  for (let slot: u32 = 0; slot < MAX_LOADED_SESSIONS; slot++) {
    if (!hasAttribute(slotAddress(slot), IS_OCCUPIED)) return slot;
  }
  return -1;
}

export function activeSessions(): u32 {
  let active: u32 = 0;
  for (let i: u32 = 0; i < MAX_ACTIVE_SESSIONS; i++) if (contextSlot(i) != 0) active++;
  return active;
}

/** Index of the saved session with the oldest contextID; -1 when none is saved. */
function oldestSaved(): i32 {
  const low = load<u16>(CONTEXT_COUNTER) as u32;
  let oldest: i32 = -1;
  let smallest: u32 = 0xffff;
  for (let i: u32 = 0; i < MAX_ACTIVE_SESSIONS; i++) {
    const entry = contextSlot(i);
    const distance = (entry - low) & 0xffff;
    if (entry > MAX_LOADED_SESSIONS && distance <= smallest) {
      smallest = distance;
      oldest = i;
    }
  }
  return oldest;
}

/** The next contextID would be indistinguishable from the oldest one that is still saved. */
function gapIsFull(oldest: i32): bool {
  return oldest >= 0 && contextSlot(oldest) == (load<u16>(CONTEXT_COUNTER) as u32);
}

/** TPM2_Startup. `keepSaved`: Resume or Restart, where saved sessions stay active. Loaded ones are lost in any case. */
export function sessionStartup(keepSaved: bool): void {
  memory.fill(SESSIONS, 0, MAX_LOADED_SESSIONS * SESSION_SLOT);
  for (let i: u32 = 0; i < MAX_ACTIVE_SESSIONS; i++) {
    if (!keepSaved || contextSlot(i) <= MAX_LOADED_SESSIONS) setContextSlot(i, 0);
  }
  if (!keepSaved) store<u64>(CONTEXT_COUNTER, MAX_LOADED_SESSIONS + 1);
}

export function isLoaded(handle: u32): bool {
  const index = handle & HR_HANDLE_MASK;
  if (index >= MAX_ACTIVE_SESSIONS) return false;
  const slot = contextSlot(index);
  return slot != 0 && slot <= MAX_LOADED_SESSIONS;
}

export function isSavedSession(handle: u32): bool {
  const index = handle & HR_HANDLE_MASK;
  return index < MAX_ACTIVE_SESSIONS && contextSlot(index) > MAX_LOADED_SESSIONS;
}

/** The slot of a loaded session. */
export function sessionOf(handle: u32): usize {
  return slotAddress(contextSlot(handle & HR_HANDLE_MASK) - 1);
}

/** The handle of the loaded or saved session with this index, as far as it is known. */
export function handleOfLoaded(index: u32): u32 {
  const isPolicy = hasAttribute(slotAddress(contextSlot(index) - 1), IS_POLICY);
  return index + (isPolicy ? POLICY_SESSION_FIRST : HMAC_SESSION_FIRST);
}

/** Whether a session can be created now: TPM_RC_SUCCESS, SESSION_MEMORY, CONTEXT_GAP or SESSION_HANDLES. */
export function canCreate(): u32 {
  const free = freeSlots();
  if (free == 0) return refuse(TPM_RC_SESSION_MEMORY, REFUSAL_SESSION_SLOTS, MAX_LOADED_SESSIONS);
  if (free == 1 && gapIsFull(oldestSaved())) return refuse(TPM_RC_CONTEXT_GAP, REFUSAL_CONTEXT_GAP);
  if (activeSessions() < MAX_ACTIVE_SESSIONS) return TPM_RC_SUCCESS;
  return refuse(TPM_RC_SESSION_HANDLES, REFUSAL_SESSION_HANDLES, MAX_ACTIVE_SESSIONS);
}

/** Takes a slot and a handle for a new, zeroed session, after canCreate. */
export function createSession(policy: bool): u32 {
  const slot = findFreeSlot();
  let index: u32 = 0;
  while (contextSlot(index) != 0) index++;
  setContextSlot(index, slot + 1);
  const session = slotAddress(slot);
  memory.fill(session, 0, SESSION_SLOT);
  store<u32>(session, IS_OCCUPIED | (policy ? IS_POLICY : 0), ATTRIBUTES);
  return index + (policy ? POLICY_SESSION_FIRST : HMAC_SESSION_FIRST);
}

/** Whether TPM2_ContextSave of a session is possible now. */
export function canSave(): u32 {
  if (gapIsFull(oldestSaved())) return refuse(TPM_RC_CONTEXT_GAP, REFUSAL_CONTEXT_GAP);
  return load<u64>(CONTEXT_COUNTER) == u64.MAX_VALUE ? TPM_RC_TOO_MANY_CONTEXTS : TPM_RC_SUCCESS;
}

/** The contextID that the next saved session gets. */
export function nextContextId(): u64 {
  return load<u64>(CONTEXT_COUNTER);
}

/** Marks a loaded session as saved under nextContextId() and frees its slot. */
export function markSaved(handle: u32): void {
  const index = handle & HR_HANDLE_MASK;
  memory.fill(sessionOf(handle), 0, SESSION_SLOT);
  let counter = load<u64>(CONTEXT_COUNTER);
  setContextSlot(index, (counter & 0xffff) as u32);
  counter++;
  // The low values mean "loaded": they are skipped.
  if ((counter & 0xffff) == 0) counter += MAX_LOADED_SESSIONS + 1;
  store<u64>(CONTEXT_COUNTER, counter);
}

/** True when `sequence` is the contextID under which this handle was last saved. */
export function isCurrentContext(handle: u32, sequence: u64): bool {
  const counter = load<u64>(CONTEXT_COUNTER);
  return (
    isSavedSession(handle) &&
    contextSlot(handle & HR_HANDLE_MASK) == ((sequence & 0xffff) as u32) &&
    sequence <= counter &&
    counter - sequence <= 0x10000
  );
}

/** Whether this saved session can be loaded now. */
export function canLoad(handle: u32): u32 {
  const free = freeSlots();
  if (free == 0) return refuse(TPM_RC_SESSION_MEMORY, REFUSAL_SESSION_SLOTS, MAX_LOADED_SESSIONS);
  const oldest = oldestSaved();
  if (free == 1 && gapIsFull(oldest) && (handle & HR_HANDLE_MASK) != (oldest as u32))
    return refuse(TPM_RC_CONTEXT_GAP, REFUSAL_CONTEXT_GAP);
  return TPM_RC_SUCCESS;
}

/** Brings a saved session back, after canLoad: `content` has SESSION_SIZE bytes. */
export function markLoaded(handle: u32, content: usize): void {
  const slot = findFreeSlot();
  memory.copy(slotAddress(slot), content, SESSION_SIZE);
  setContextSlot(handle & HR_HANDLE_MASK, slot + 1);
}

/** Ends a loaded or saved session. */
export function flushSession(handle: u32): void {
  if (isLoaded(handle)) memory.fill(sessionOf(handle), 0, SESSION_SLOT);
  setContextSlot(handle & HR_HANDLE_MASK, 0);
}

// --- policy ----------------------------------------------------------------------------------------------------

/** A new interval for the time limits of a policy. */
export function startInterval(session: usize): void {
  store<u64>(session, time, START_TIME);
  store<u32>(session, load<u32>(TIME_EPOCH), EPOCH);
  store<u64>(session, 0, TIMEOUT);
}

/** Forgets what the policy has asserted so far; nonce and start time stay. */
export function resetPolicy(session: usize): void {
  store<u32>(session, 0, COMMAND_CODE);
  store<u8>(session, 0, COMMAND_LOCALITY);
  wipe2B(session + CP_HASH, BOUND_ENTITY_SIZE - 2);
  store<u64>(session, 0, TIMEOUT);
  store<u32>(session, 0, SESSION_PCR_COUNTER);
  wipe2B(session + POLICY_DIGEST, MAX_DIGEST_SIZE);
  put16(session + POLICY_DIGEST, digestSizeOf(load<u16>(session, AUTH_HASH)));
  const kept = IS_OCCUPIED | IS_TRIAL_POLICY | IS_DA_BOUND | IS_LOCKOUT_BOUND;
  store<u32>(session, (load<u32>(session, ATTRIBUTES) & kept) | IS_POLICY, ATTRIBUTES);
}

/** The PCRs that the policy looked at have not changed since. */
export function pcrsAreCurrent(session: usize): bool {
  const counter = load<u32>(session, SESSION_PCR_COUNTER);
  return counter == 0 || counter == load<u32>(PCR_COUNTER);
}
