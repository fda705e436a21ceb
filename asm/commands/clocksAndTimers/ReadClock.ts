// [TPM2.0 1.59] 29.1 TPM2_ReadClock
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { writeTimeInfo } from "../../tpm/platform/index";

export function ReadClock(): u32 {
  writeTimeInfo();
  return TPM_RC_SUCCESS;
}
