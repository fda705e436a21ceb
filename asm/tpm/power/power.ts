// Manufacture and _TPM_Init.
import { ALL_PCRS } from "../platform/pcr";
import { TPM_RH_UNASSIGNED, TPM_SU_CLEAR } from "../../generated/constants";
import { auditDefaults } from "../authorization/audit";
import { clockPowerOn } from "../platform/clock";
import { beginCommand, isCommitPending, permanentChange } from "../state/commit";
import { dictionaryAttackDefaults } from "../platform/dictionaryAttack";
import { abandon } from "../dispatch";
import { leaveFailureMode } from "../algorithms/failureMode";
import { hierarchyDefaults } from "../platform/hierarchy";
import { wipeTransfer } from "./blob";
import { commandBuffer, responseBuffer } from "../../base/memory";
import { nvLoad } from "../state/nvStorage";
import { physicalPresenceDefaults } from "../platform/physicalPresence";
import { startRandom } from "../algorithms/random";
import { forgetSelfTests } from "../algorithms/selfTest";
import {
  BANK_COUNT,
  CLOCK_SAFE,
  EXCLUSIVE_AUDIT_SESSION,
  LIVE,
  LIVE_SIZE,
  ORDERLY_STATE,
  PCR_ALLOCATED,
  PCR_ALLOCATION,
  PROFILE,
  STATE,
  STATE_SIZE,
} from "../state/state";

/** A new TPM: fresh seeds and proofs, no authorization values, all PCRs in all banks. Leaves a commit pending. */
export function manufacture(profile: u32): void {
  memory.fill(STATE, 0, STATE_SIZE);
  nvLoad(STATE, 0);
  beginCommand();
  permanentChange();
  startRandom();
  store<u32>(PROFILE, profile);
  hierarchyDefaults();
  dictionaryAttackDefaults();
  physicalPresenceDefaults();
  auditDefaults();
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) store<u32>(PCR_ALLOCATION + (bank << 2), ALL_PCRS);
  store<u16>(ORDERLY_STATE, TPM_SU_CLEAR as u16);
  store<u8>(CLOCK_SAFE, 1);
}

/** _TPM_Init: everything volatile is gone, TPM2_Startup is due. */
export function powerOn(): void {
  abandon();
  // A change that was not stored before the power went is in memory still, and must reach the store yet.
  const unsettled = isCommitPending();
  beginCommand();
  if (unsettled) permanentChange();
  memory.fill(LIVE, 0, LIVE_SIZE);
  memory.fill(commandBuffer, 0, 4096);
  memory.fill(responseBuffer, 0, 4096);
  wipeTransfer();
  leaveFailureMode();
  forgetSelfTests();
  startRandom();
  memory.copy(PCR_ALLOCATED, PCR_ALLOCATION, BANK_COUNT * 4);
  store<u32>(EXCLUSIVE_AUDIT_SESSION, TPM_RH_UNASSIGNED);
  clockPowerOn();
}
