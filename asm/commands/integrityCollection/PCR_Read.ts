// [TPM2.0 1.59] 22.4 TPM2_PCR_Read
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { PCR_Read as parameters } from "../../generated/parameters";
import { writeU32 } from "../../base/index";
import { readSelections } from "../../tpm/platform/index";
import { PCR_COUNTER } from "../../tpm/state/index";

export function PCR_Read(): u32 {
  writeU32(load<u32>(PCR_COUNTER));
  readSelections(parameters.pcrSelectionIn);
  return TPM_RC_SUCCESS;
}
