// [TPM2.0 1.59] 22.8 TPM2_PCR_Reset
import { TPM_RC_LOCALITY, TPM_RC_SUCCESS } from "../../generated/constants";
import { PCR_Reset as parameters } from "../../generated/parameters";
import { REFUSAL_PCR_LOCALITY_RESET } from "../../generated/refusals";
import { commandLocality, refuse } from "../../base/index";
import { isSaved, mayReset, pcrChanged, setPcr } from "../../tpm/platform/index";
import { nullifyShutdown } from "../../tpm/state/index";

export function PCR_Reset(): u32 {
  const pcr = parameters.pcrHandle;
  if (!mayReset(pcr)) return refuse(TPM_RC_LOCALITY, REFUSAL_PCR_LOCALITY_RESET, pcr, commandLocality);

  if (isSaved(pcr)) nullifyShutdown();
  setPcr(pcr, 0, 0);
  pcrChanged(pcr);
  return TPM_RC_SUCCESS;
}
