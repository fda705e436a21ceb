// TPM_CAP_PCRS and TPM_CAP_PCR_PROPERTIES.
import {
  TPM_CAP_PCR_PROPERTIES,
  TPM_CAP_PCRS,
  TPM_PT_PCR_AUTH,
  TPM_PT_PCR_DRTM_RESET,
  TPM_PT_PCR_EXTEND_L0,
  TPM_PT_PCR_LAST,
  TPM_PT_PCR_NO_INCREMENT,
  TPM_PT_PCR_POLICY,
  TPM_PT_PCR_RESET_L0,
  TPM_PT_PCR_RESET_L4,
  TPM_PT_PCR_SAVE,
  TPMA_LOCALITY_TPM_LOC_FOUR,
} from "../../generated/constants";
import {
  IMPLEMENTATION_PCR,
  MAX_PCR_PROPERTIES,
  PCR_SELECT_MAX,
  reserve,
  setBit,
  writeU16,
  writeU32,
  writeU8,
} from "../../base/index";
import { bankAlgorithm } from "../../tpm/algorithms/index";
import {
  allocated,
  extendLocalities,
  isInAuthGroup,
  isNoIncrement,
  isSaved,
  resetLocalities,
} from "../../tpm/platform/index";
import { BANK_COUNT } from "../../tpm/state/index";
import { beginEntry, startList } from "./list";

/** All banks, or with a count of zero none and moreData. */
export function listPcrs(requested: u32): void {
  startList(TPM_CAP_PCRS, requested == 0 ? 0 : BANK_COUNT, BANK_COUNT);
  for (let bank: u32 = 0; bank < BANK_COUNT && beginEntry(); bank++) {
    writeU16(bankAlgorithm(bank));
    writeU8(PCR_SELECT_MAX);
    for (let i: u32 = 0; i < PCR_SELECT_MAX; i++) writeU8(allocated(bank) >> (i << 3));
  }
}

function isDefined(property: u32): bool {
  return property <= TPM_PT_PCR_RESET_L4 || (property >= TPM_PT_PCR_NO_INCREMENT && property <= TPM_PT_PCR_LAST);
}

function hasProperty(pcr: u32, property: u32): bool {
  switch (property) {
    case TPM_PT_PCR_SAVE:
      return isSaved(pcr);
    case TPM_PT_PCR_NO_INCREMENT:
      return isNoIncrement(pcr);
    case TPM_PT_PCR_DRTM_RESET:
      return (resetLocalities(pcr) & TPMA_LOCALITY_TPM_LOC_FOUR) != 0;
    case TPM_PT_PCR_POLICY:
    case TPM_PT_PCR_AUTH:
      return isInAuthGroup(pcr);
    default:
      break;
  }
  // EXTEND_L0, RESET_L0, EXTEND_L1, ...
  const locality = (property - TPM_PT_PCR_EXTEND_L0) >> 1;
  const localities = (property - TPM_PT_PCR_EXTEND_L0) & 1 ? resetLocalities(pcr) : extendLocalities(pcr);
  return ((localities >> locality) & 1) != 0;
}

export function listPcrProperties(first: u32, requested: u32): void {
  startList(TPM_CAP_PCR_PROPERTIES, requested, MAX_PCR_PROPERTIES);
  for (let property = first; property <= TPM_PT_PCR_LAST; property++) {
    if (!isDefined(property)) continue;
    if (!beginEntry()) return;
    writeU32(property);
    writeU8(PCR_SELECT_MAX);
    const map = reserve(PCR_SELECT_MAX);
    memory.fill(map, 0, PCR_SELECT_MAX);
    for (let pcr: u32 = 0; pcr < IMPLEMENTATION_PCR; pcr++) if (hasProperty(pcr, property)) setBit(map, pcr, true);
  }
}

if (TPM_PT_PCR_RESET_L0 != TPM_PT_PCR_EXTEND_L0 + 1) ERROR("PCR properties have moved");
