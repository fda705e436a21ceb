// [TPM2.0 1.59] 30.3 TPM2_TestParms
import { TPM_RC_SUCCESS } from "../../generated/constants";

/** Unmarshalling tests the parameters: whatever gets here is supported. */
export function TestParms(): u32 {
  return TPM_RC_SUCCESS;
}
