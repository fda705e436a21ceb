// _TPM_Hash_Start, _TPM_Hash_Data and _TPM_Hash_End: a measurement by the hardware itself, at locality 4 (Part 3, 22.9
// to 22.11). Before TPM2_Startup it is an H-CRTM and goes to PCR 0, afterwards a D-RTM and goes to PCR 17.
import { DRTM_PCR, HCRTM_PCR, MAX_DIGEST_SIZE, scratchMark, scratchRelease, scratchTake } from "../../base/index";
import { bankAlgorithm, hashFinal, hashStart, hashUpdate } from "../algorithms/index";
import {
  BANK_COUNT,
  DRTM_ACTIVE,
  DRTM_HASH,
  DRTM_PRE_STARTUP,
  ESTABLISHED,
  HASH_STATE_ROOM,
  nullifyShutdown,
  permanentChange,
  RESTART_COUNT,
  STARTED,
} from "../state/index";
import { extendDrtm, resetDynamicPcrs } from "./pcr";

function bankHash(bank: u32): usize {
  return DRTM_HASH + bank * HASH_STATE_ROOM;
}

export function startDrtm(): void {
  if (!load<u8>(ESTABLISHED)) {
    permanentChange();
    store<u8>(ESTABLISHED, 1);
  }
  endDrtm();
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) hashStart(bankAlgorithm(bank), bankHash(bank));
  store<u8>(DRTM_ACTIVE, 1);
}

export function updateDrtm(data: usize, size: u32): void {
  if (!load<u8>(DRTM_ACTIVE)) return;
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) hashUpdate(bankHash(bank), data, size);
}

export function finishDrtm(): void {
  if (!load<u8>(DRTM_ACTIVE)) return;
  const started = load<u8>(STARTED) != 0;
  if (started) {
    nullifyShutdown();
    resetDynamicPcrs();
    store<u32>(RESTART_COUNT, load<u32>(RESTART_COUNT) + 1);
  } else {
    store<u8>(DRTM_PRE_STARTUP, 1);
  }
  const mark = scratchMark();
  const digest = scratchTake(MAX_DIGEST_SIZE);
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) {
    hashFinal(bankHash(bank), digest);
    extendDrtm(bank, started ? DRTM_PCR : HCRTM_PCR, digest);
  }
  scratchRelease(mark);
  endDrtm();
}

/** Any command ends an open sequence without effect. */
export function endDrtm(): void {
  if (!load<u8>(DRTM_ACTIVE)) return;
  memory.fill(DRTM_HASH, 0, BANK_COUNT * HASH_STATE_ROOM);
  store<u8>(DRTM_ACTIVE, 0);
}

/** TPM_RESET_ESTABLISHMENT: only localities 3 and 4 may clear the flag. */
export function resetEstablishment(locality: u32): bool {
  if (locality < 3) return false;
  if (load<u8>(ESTABLISHED)) {
    permanentChange();
    store<u8>(ESTABLISHED, 0);
  }
  return true;
}
