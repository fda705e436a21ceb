// The whole ABI of the core; docs/architecture.md describes it. The host copies into and out of fixed buffers; nothing
// else crosses the border but 32-bit numbers.
import { FAILED_ON_REQUEST, FAILED_TRAP } from "./generated/constants";
import * as base from "./base/index";
import * as algorithms from "./tpm/algorithms/index";
import * as dispatch from "./tpm/dispatch";
import * as inspection from "./tpm/inspection/index";
import * as platform from "./tpm/platform/index";
import * as power from "./tpm/power/index";
import * as state from "./tpm/state/index";

export function commandBuffer(): usize {
  return base.commandBuffer;
}
export function responseBuffer(): usize {
  return base.responseBuffer;
}
export function stateBuffer(): usize {
  return base.stateBuffer;
}
export function stateCapacity(): u32 {
  return base.STATE_BUFFER_SIZE;
}

/** Makes a new TPM. 0 when it was made, 1 when there is no such profile. */
export function manufacture(profile: u32): u32 {
  if (profile > 1) return 1;
  power.manufacture(profile);
  return 0;
}

/** 0 = full, 1 = libtpms-0.9: of the TPM that was made or loaded. */
export function profile(): u32 {
  return algorithms.profileOf(load<u32>(state.PROFILE));
}

export function loadState(size: u32): u32 {
  return power.loadBlob(size);
}

export function saveState(): u32 {
  return power.saveBlob();
}

export function powerOn(): void {
  power.powerOn();
}

/** Whatever was written in memory is zero then. The last call of all, to an instance that has not trapped. */
export function wipe(): void {
  power.wipe();
}

export function execute(size: u32, locality: u32): u32 {
  return dispatch.execute(size, locality);
}

export function step(): u32 {
  return dispatch.step();
}

export function cancel(): void {
  dispatch.cancel();
}

/**
 * One more self-test, between two commands. 1 while there are more; 0 when there is nothing to test, or nothing may be
 * tested now. A test that fails brings about failureMode().
 */
export function testInBackground(): u32 {
  return dispatch.testInBackground() ? 1 : 0;
}

export function commitPending(): u32 {
  return state.isCommitPending() ? 1 : 0;
}

export function committed(): void {
  state.committed();
  base.wipeTransfer();
}

export function commitFailed(): u32 {
  base.wipeTransfer();
  return dispatch.commitFailed();
}

/**
 * Why the last command was refused: the address of five 32-bit numbers, the check (0 for none) and its operands, as in
 * src/spec/refusals.ts. Of no meaning while a command is unfinished.
 */
export function refusal(): usize {
  return base.refusalNote;
}

export function hashStart(): void {
  state.beginCommand();
  platform.startDrtm();
}

export function hashData(size: u32): void {
  platform.updateDrtm(base.commandBuffer, min(size, 4096));
}

export function hashEnd(): void {
  state.beginCommand();
  platform.finishDrtm();
}

export function established(): u32 {
  return load<u8>(state.ESTABLISHED);
}

export function resetEstablished(locality: u32): u32 {
  state.beginCommand();
  return platform.resetEstablishment(locality) ? 1 : 0;
}

export function failureMode(): u32 {
  return algorithms.inFailureMode() ? 1 : 0;
}

/** Writes the volatile state to stateBuffer; returns its size. Not while a command is unfinished. */
export function saveVolatile(): u32 {
  return power.saveVolatile();
}

/** Right after powerOn: takes the volatile state from stateBuffer. 0 when it did, else everything is as powerOn left it. */
export function loadVolatile(size: u32): u32 {
  return power.loadVolatile(size);
}

/** Of the permanent state that is loaded, before powerOn: what a TPM keeps that is put back to an earlier one. */
export function noteLater(): void {
  power.noteLater();
}

/** After loadVolatile: failedTries, lockout and Clock are the later ones, Clock is not safe. Leaves a commit pending. */
export function keepLater(): void {
  power.keepLater();
}

/** After keepLater: another endorsement hierarchy, and nothing in NV that speaks of the old one. */
export function newIdentity(): void {
  power.newIdentity();
}

/** Writes 32 octets to stateBuffer by which this TPM is known from others. 1 when it was ever started or has something in NV, else 0. */
export function identity(): u32 {
  return power.identity() ? 1 : 0;
}

/** The platform asserts physical presence, or no longer does. _TPM_Init forgets it: the host says it again. */
export function physicalPresence(asserted: u32): void {
  platform.setPhysicalPresence(asserted != 0);
}

/** After powerOn: the platform's buffers are smaller than the core's. 2808 to 4096 bytes; others are taken to the nearest. */
export function bufferSize(size: u32): void {
  algorithms.setBufferSize(size);
}

/** Authenticated Countdown Timers that signal now: bit n for TPM_RH_ACT_n. May be asked between two commands. */
export function actSignaled(): u32 {
  return platform.signaledActs();
}

/** Milliseconds until the next of them signals, -1 when none counts down. May be asked between two commands. */
export function actDelay(): f64 {
  return platform.nextActSignal();
}

/** Writes what the TPM is and holds, but for its secrets, to stateBuffer; returns the size, 0 when it does not fit. Changes nothing; between two slices as well. */
export function inspect(): u32 {
  return inspection.inspect();
}

/** Failure mode for a TPM whose instance trapped: the host calls it on a fresh one, which needs neither state nor power. */
export function fail(): void {
  algorithms.fail(FAILED_TRAP, 0);
}

/** The host's wish, between two commands: failure mode until the next _TPM_Init. A TPM that has failed keeps its own reason. */
export function enterFailureMode(): void {
  if (!algorithms.inFailureMode()) algorithms.fail(FAILED_ON_REQUEST, 0);
}

/** For tests and fuzzers: SHA-256 over everything that a failed command must leave as it was, to stateBuffer. */
export function stateHash(): void {
  power.writeStateHash();
}
