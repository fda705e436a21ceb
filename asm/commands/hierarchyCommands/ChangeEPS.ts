// [TPM2.0 1.59] 24.5 TPM2_ChangeEPS
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { renewEndorsement } from "../../tpm/objects/index";

export function ChangeEPS(): u32 {
  renewEndorsement();
  return TPM_RC_SUCCESS;
}
