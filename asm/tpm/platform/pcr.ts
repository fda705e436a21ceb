// Platform configuration registers: 24 in four banks, with the attributes of the PC Client platform (PTP 1.05, 4.6).
import { TPMA_LOCALITY_TPM_LOC_FOUR } from "../../generated/constants";
import {
  commandLocality,
  get16,
  get32,
  HCRTM_PCR,
  IMPLEMENTATION_PCR,
  NUM_STATIC_PCR,
  PCR_SELECT_MAX,
  reserve,
  scratchMark,
  scratchRelease,
  scratchTake,
  wipe2B,
} from "../../base/index";
import {
  bankAlgorithm,
  bankDigestSize,
  bankOf,
  bankOffset,
  hashFinal,
  hashStart,
  hashUpdate,
} from "../algorithms/index";
import {
  BANK_COUNT,
  DRTM_PRE_STARTUP,
  HASH_STATE_ROOM,
  PCR_ALLOCATED,
  PCR_AUTH,
  PCR_COUNTER,
  PCR_SIZE,
  PCRS,
  SAVED_PCRS,
  STARTED,
} from "../state/index";

/** A bit map of PCRs with all of them. */
export const ALL_PCRS: u32 = (1 << IMPLEMENTATION_PCR) - 1;

/** Bit map of the localities that may reset this PCR with TPM2_PCR_Reset; bit 4 stands for the D-RTM sequence. */
export function resetLocalities(pcr: u32): u32 {
  if (pcr < 16) return 0;
  switch (pcr) {
    case 16:
    case 23:
      return 0x0f;
    case 17:
    case 18:
    case 19:
      return 0x10;
    default:
      return 0x14;
  }
}

/** Bit map of the localities that may extend this PCR. */
export function extendLocalities(pcr: u32): u32 {
  switch (pcr) {
    case 17:
    case 18:
      return 0x1c;
    case 19:
      return 0x0c;
    case 20:
      return 0x0e;
    case 21:
    case 22:
      return 0x04;
    default:
      return 0x1f;
  }
}

/** The PCRs that Shutdown(STATE) keeps. */
export function isSaved(pcr: u32): bool {
  return pcr < NUM_STATIC_PCR;
}

/** A change of these does not count in pcrUpdateCounter: debug, dynamic OS and application PCRs. */
export function isNoIncrement(pcr: u32): bool {
  return pcr == 16 || (pcr >= 21 && pcr <= 23);
}

/** The one group of PCRs that may have a policy, and the one that may have an authValue. */
export function isInAuthGroup(pcr: u32): bool {
  return pcr >= 20 && pcr <= 22;
}

export function mayReset(pcr: u32): bool {
  // At locality 4 only the D-RTM sequence resets PCRs.
  return commandLocality < 4 && ((resetLocalities(pcr) >> commandLocality) & 1) != 0;
}

export function mayExtend(pcr: u32): bool {
  return ((extendLocalities(pcr) >> commandLocality) & 1) != 0;
}

/** Bit map of the allocated PCRs of a bank. */
export function allocated(bank: u32): u32 {
  return load<u32>(PCR_ALLOCATED + (bank << 2));
}

/** The value of a PCR in a bank, whether it is allocated or not. */
function valueOf(bank: u32, pcr: u32): usize {
  return PCRS + (pcr as usize) * PCR_SIZE + bankOffset(bank);
}

/** The value of an allocated PCR; 0 when this bank does not have it. */
export function pcrValue(bank: u32, pcr: u32): usize {
  return (allocated(bank) >> pcr) & 1 ? valueOf(bank, pcr) : 0;
}

/** Counts a change in pcrUpdateCounter, if changes of this PCR count. */
export function pcrChanged(pcr: u32): void {
  if (pcr == 0 || !isNoIncrement(pcr)) store<u32>(PCR_COUNTER, load<u32>(PCR_COUNTER) + 1);
}

/** PCR := H(PCR || data), if the bank has this PCR. */
export function extend(bank: u32, pcr: u32, data: usize, size: u32): void {
  const value = pcrValue(bank, pcr);
  if (value == 0) return;
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(bankAlgorithm(bank), state);
  hashUpdate(state, value, bankDigestSize(bank));
  hashUpdate(state, data, size);
  hashFinal(state, value);
  scratchRelease(mark);
  pcrChanged(pcr);
}

/** Sets a PCR in all banks that have it: every byte `fill`, the last one `last`. */
export function setPcr(pcr: u32, fill: u8, last: u8): void {
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) {
    const value = pcrValue(bank, pcr);
    if (value == 0) continue;
    const size = bankDigestSize(bank);
    memory.fill(value, fill, size - 1);
    store<u8>(value + size - 1, last);
  }
}

/** At TPM2_Startup. `resume`: Resume; `keepCounter`: Resume or Restart. `locality`: of the command, 0 after an H-CRTM. */
export function pcrStartup(resume: bool, keepCounter: bool, locality: u32): void {
  if (!keepCounter) store<u32>(PCR_COUNTER, 0);
  for (let pcr: u32 = 0; pcr < IMPLEMENTATION_PCR; pcr++) {
    if (resume && isSaved(pcr)) {
      memory.copy(PCRS + pcr * PCR_SIZE, SAVED_PCRS + pcr * PCR_SIZE, PCR_SIZE);
      continue;
    }
    pcrChanged(pcr);
    if (pcr == HCRTM_PCR && !resume && load<u8>(DRTM_PRE_STARTUP)) continue;
    if (resetLocalities(pcr) & TPMA_LOCALITY_TPM_LOC_FOUR) setPcr(pcr, 0xff, 0xff);
    else setPcr(pcr, 0, pcr == HCRTM_PCR ? (locality as u8) : 0);
  }
  if (!resume) wipe2B(PCR_AUTH, 64);
}

/** TPM2_Shutdown(STATE). */
export function savePcrs(): void {
  memory.copy(SAVED_PCRS, PCRS, NUM_STATIC_PCR * PCR_SIZE);
}

/** End of a locality 4 sequence: the dynamic PCRs go to zero before the measurement. */
export function resetDynamicPcrs(): void {
  for (let pcr: u32 = 0; pcr < IMPLEMENTATION_PCR; pcr++) {
    if (resetLocalities(pcr) & TPMA_LOCALITY_TPM_LOC_FOUR) setPcr(pcr, 0, 0);
  }
}

/** One bank of _TPM_Hash_End: the PCR starts from 0, or from 4 before TPM2_Startup, and takes the digest. */
export function extendDrtm(bank: u32, pcr: u32, digest: usize): void {
  const value = pcrValue(bank, pcr);
  if (value == 0) return;
  const size = bankDigestSize(bank);
  memory.fill(value, 0, size);
  if (!load<u8>(STARTED)) store<u8>(value + size - 1, 4);
  extend(bank, pcr, digest, size);
}

// --- selections: TPML_PCR_SELECTION in wire form, checked by the unmarshalling ---------------------------------------

/** The bits of one TPMS_PCR_SELECTION that this TPM has: `selection` points at its hash field. */
function selected(selection: usize): u32 {
  const bank = bankOf(get16(selection));
  if (bank < 0) return 0;
  const size: u32 = load<u8>(selection + 2);
  let bits: u32 = 0;
  for (let i: u32 = 0; i < min(size, PCR_SELECT_MAX); i++) bits |= (load<u8>(selection + 3 + i) as u32) << (i << 3);
  return bits & allocated(bank) & ALL_PCRS;
}

/** Digest of the selected PCRs, in the order of the selection, into `out`. */
export function selectionDigest(algorithm: u32, selections: usize, out: usize): void {
  const mark = scratchMark();
  const state = scratchTake(HASH_STATE_ROOM);
  hashStart(algorithm, state);
  let at = selections + 4;
  for (let i = get32(selections); i > 0; i--) {
    const bits = selected(at);
    const bank = max(bankOf(get16(at)), 0) as u32;
    for (let pcr: u32 = 0; pcr < IMPLEMENTATION_PCR; pcr++) {
      if ((bits >> pcr) & 1) hashUpdate(state, valueOf(bank, pcr), bankDigestSize(bank));
    }
    at += 3 + load<u8>(at + 2);
  }
  hashFinal(state, out);
  scratchRelease(mark);
}

/** Writes one selection with the size field of the request and only the given bits. */
function writeSelection(to: usize, like: usize, bits: u32): void {
  const size: u32 = load<u8>(like + 2);
  store<u16>(to, load<u16>(like));
  store<u8>(to + 2, size as u8);
  for (let i: u32 = 0; i < size; i++) store<u8>(to + 3 + i, (bits >> (i << 3)) as u8);
}

/** Bytes of the TPML_PCR_SELECTION at `selections`. */
export function selectionsSize(selections: usize): u32 {
  let at = selections + 4;
  for (let i = get32(selections); i > 0; i--) at += 3 + load<u8>(at + 2);
  return (at - selections) as u32;
}

/** The selection with only the bits that this TPM has, at `to` (selectionsSize bytes). */
export function filterSelections(to: usize, selections: usize): void {
  memory.copy(to, selections, 4);
  let offset: usize = 4;
  for (let i = get32(selections); i > 0; i--) {
    writeSelection(to + offset, selections + offset, selected(selections + offset));
    offset += 3 + load<u8>(selections + offset + 2);
  }
}

/** TPM2_PCR_Read: writes the selection with the bits that are returned, then a TPML_DIGEST of at most 8. */
export function readSelections(selections: usize): void {
  const MAX_DIGESTS: u32 = 8;
  const out = reserve(selectionsSize(selections));
  memory.copy(out, selections, 4);
  const count = reserve(4);
  let digests: u32 = 0;
  let offset: usize = 4;
  for (let i = get32(selections); i > 0; i--) {
    const at = selections + offset;
    const bits = selected(at);
    const bank = max(bankOf(get16(at)), 0) as u32;
    let returned: u32 = 0;
    for (let pcr: u32 = 0; pcr < IMPLEMENTATION_PCR; pcr++) {
      if (!((bits >> pcr) & 1)) continue;
      if (digests == MAX_DIGESTS) break;
      const size = bankDigestSize(bank);
      const to = reserve(2 + size);
      store<u16>(to, bswap<u16>(size as u16));
      memory.copy(to + 2, valueOf(bank, pcr), size);
      returned |= 1 << pcr;
      digests++;
    }
    writeSelection(out + offset, at, returned);
    offset += 3 + load<u8>(at + 2);
  }
  store<u32>(count, bswap<u32>(digests));
}
