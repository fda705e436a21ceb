// [TPM2.0 1.59] 22.3 TPM2_PCR_Event
import { TPM_RC_LOCALITY, TPM_RC_SUCCESS, TPM_RH_NULL } from "../../generated/constants";
import { PCR_Event as parameters } from "../../generated/parameters";
import { REFUSAL_PCR_LOCALITY_EXTEND } from "../../generated/refusals";
import { commandLocality, refuse, reserve, scratchTake, writeU16, writeU32 } from "../../base/index";
import { bankAlgorithm, bankDigestSize, hashFinal, hashStart, hashUpdate2B } from "../../tpm/algorithms/index";
import { extend, isSaved, mayExtend } from "../../tpm/platform/index";
import { BANK_COUNT, HASH_STATE_ROOM, nullifyShutdown } from "../../tpm/state/index";

/** The digests of all banks are returned, whether the PCR is allocated in them or not. */
export function PCR_Event(): u32 {
  const pcr = parameters.pcrHandle;
  if (pcr != TPM_RH_NULL && !mayExtend(pcr))
    return refuse(TPM_RC_LOCALITY, REFUSAL_PCR_LOCALITY_EXTEND, pcr, commandLocality);

  if (pcr != TPM_RH_NULL && isSaved(pcr)) nullifyShutdown();
  const state = scratchTake(HASH_STATE_ROOM as u32);
  writeU32(BANK_COUNT);
  for (let bank: u32 = 0; bank < BANK_COUNT; bank++) {
    const size = bankDigestSize(bank);
    writeU16(bankAlgorithm(bank));
    const digest = reserve(size);
    hashStart(bankAlgorithm(bank), state);
    hashUpdate2B(state, parameters.eventData);
    hashFinal(state, digest);
    if (pcr != TPM_RH_NULL) extend(bank, pcr, digest, size);
  }
  return TPM_RC_SUCCESS;
}
