// Manufacture and _TPM_Init.
import { TPM_RH_UNASSIGNED, TPM_SU_CLEAR } from "../../generated/constants";
import { commandBuffer, responseBuffer, wipeMemory, wipeTransfer } from "../../base/index";
import { forgetSelfTests, leaveFailureMode, startRandom } from "../algorithms/index";
import { auditDefaults } from "../authorization/index";
import { abandon } from "../dispatch";
import {
  ALL_PCRS,
  clockPowerOn,
  dictionaryAttackDefaults,
  hierarchyDefaults,
  physicalPresenceDefaults,
} from "../platform/index";
import {
  BANK_COUNT,
  beginCommand,
  CLOCK_SAFE,
  EXCLUSIVE_AUDIT_SESSION,
  isCommitPending,
  LIVE,
  LIVE_SIZE,
  nvLoad,
  nvWipe,
  ORDERLY_STATE,
  PCR_ALLOCATED,
  PCR_ALLOCATION,
  permanentChange,
  PROFILE,
  STATE,
  STATE_SIZE,
} from "../state/index";

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

/** The power is gone, and all secrets go with it: whatever was written in memory is zero. The instance is of no use any more. */
export function wipe(): void {
  wipeTransfer();
  nvWipe();
  wipeMemory();
}
