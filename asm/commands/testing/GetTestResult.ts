// [TPM2.0 1.59] 10.4 TPM2_GetTestResult
import { TPM_RC_NEEDS_TEST, TPM_RC_SUCCESS } from "../../generated/constants";
import { writeU16, writeU32 } from "../../base/index";
import { allTested, reportsOutstandingTests } from "../../tpm/algorithms/index";

/** In failure mode the command does not get here: see failureMode.ts. */
export function GetTestResult(): u32 {
  writeU16(0);
  writeU32(reportsOutstandingTests() && !allTested() ? TPM_RC_NEEDS_TEST : TPM_RC_SUCCESS);
  return TPM_RC_SUCCESS;
}
