// [TPM2.0 1.59] 22.5 TPM2_PCR_Allocate
import { TPM_RC_HASH, TPM_RC_PCR, TPM_RC_SUCCESS } from "../../generated/constants";
import { PCR_Allocate as parameters } from "../../generated/parameters";
import { REFUSAL_PCR_WITHOUT_CRTM } from "../../generated/refusals";
import {
  DRTM_PCR,
  get16,
  get32,
  HCRTM_PCR,
  IMPLEMENTATION_PCR,
  rcAbout,
  refuse,
  scratchTake,
  writeU32,
  writeU8,
} from "../../base/index";
import { bankDigestSize, bankOf } from "../../tpm/algorithms/index";
import {
  BANK_COUNT,
  PCR_ALLOCATED,
  PCR_ALLOCATION,
  PCR_RECONFIGURED,
  PCR_SIZE,
  permanentChange,
} from "../../tpm/state/index";

/**
 * A bank that is not named keeps the PCRs it has now; of one that is named twice, the last selection counts. The change
 * takes effect at the next _TPM_Init; an earlier one that waits for it is overwritten. A hash algorithm that has no bank can
 * only get none.
 */
export function PCR_Allocate(): u32 {
  const allocation = scratchTake(BANK_COUNT * 4);
  memory.copy(allocation, PCR_ALLOCATED, BANK_COUNT * 4);
  let at = parameters.pcrAllocation + 4;
  for (let i = get32(parameters.pcrAllocation); i > 0; i--) {
    const size: u32 = load<u8>(at + 2);
    let bits: u32 = 0;
    for (let octet: u32 = 0; octet < size; octet++) bits |= (load<u8>(at + 3 + octet) as u32) << (octet << 3);
    const bank = bankOf(get16(at));
    if (bank >= 0) store<u32>(allocation + (bank << 2), bits);
    else if (bits != 0) return rcAbout(TPM_RC_HASH, parameters.RC_pcrAllocation);
    at += 3 + size;
  }
  let all: u32 = 0;
  let sizeNeeded: u32 = 0;
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) {
    const bits = load<u32>(allocation + (bank << 2));
    all |= bits;
    sizeNeeded += popcnt<u32>(bits) * bankDigestSize(bank);
  }
  // Some bank must be able to record an H-CRTM and a dynamic launch.
  if (!((all >> HCRTM_PCR) & 1) || !((all >> DRTM_PCR) & 1)) return refuse(TPM_RC_PCR, REFUSAL_PCR_WITHOUT_CRTM);

  permanentChange();
  memory.copy(PCR_ALLOCATION, allocation, BANK_COUNT * 4);
  store<u8>(PCR_RECONFIGURED, 1);
  writeU8(1);
  writeU32(IMPLEMENTATION_PCR);
  writeU32(sizeNeeded);
  writeU32(IMPLEMENTATION_PCR * (PCR_SIZE as u32));
  return TPM_RC_SUCCESS;
}
