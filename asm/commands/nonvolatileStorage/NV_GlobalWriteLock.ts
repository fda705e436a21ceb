// [TPM2.0 1.59] 31.12 TPM2_NV_GlobalWriteLock
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { lockGlobally } from "../../tpm/nv/index";

export function NV_GlobalWriteLock(): u32 {
  lockGlobally();
  return TPM_RC_SUCCESS;
}
