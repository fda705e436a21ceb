// [TPM2.0 1.59] 22.2 TPM2_PCR_Extend
import { TPM_RC_LOCALITY, TPM_RC_SUCCESS, TPM_RH_NULL } from "../../generated/constants";
import { PCR_Extend as parameters } from "../../generated/parameters";
import { REFUSAL_PCR_LOCALITY_EXTEND } from "../../generated/refusals";
import { commandLocality, get16, get32, refuse } from "../../base/index";
import { bankOf, digestSizeOf } from "../../tpm/algorithms/index";
import { extend, isSaved, mayExtend } from "../../tpm/platform/index";
import { nullifyShutdown } from "../../tpm/state/index";

export function PCR_Extend(): u32 {
  const pcr = parameters.pcrHandle;
  if (pcr == TPM_RH_NULL) return TPM_RC_SUCCESS;
  if (!mayExtend(pcr)) return refuse(TPM_RC_LOCALITY, REFUSAL_PCR_LOCALITY_EXTEND, pcr, commandLocality);

  if (isSaved(pcr)) nullifyShutdown();
  let at = parameters.digests + 4;
  for (let i = get32(parameters.digests); i > 0; i--) {
    const size = digestSizeOf(get16(at));
    const bank = bankOf(get16(at));
    if (bank >= 0) extend(bank, pcr, at + 2, size);
    at += 2 + size;
  }
  return TPM_RC_SUCCESS;
}
