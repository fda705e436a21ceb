// The permanent handles of this TPM (Part 2, 7.4).
import {
  TPM_RH_ENDORSEMENT,
  TPM_RH_LOCKOUT,
  TPM_RH_NULL,
  TPM_RH_OWNER,
  TPM_RH_PLATFORM,
  TPM_RH_PLATFORM_NV,
  TPM_RS_PW,
} from "../../generated/constants";
import { nextAct } from "../../tpm/platform/index";

/** The first permanent handle that is not below `handle`; 0 when there are no more. */
export function nextPermanentHandle(handle: u32): u32 {
  if (handle <= TPM_RH_OWNER) return TPM_RH_OWNER;
  if (handle <= TPM_RH_NULL) return TPM_RH_NULL;
  if (handle <= TPM_RS_PW) return TPM_RS_PW;
  if (handle <= TPM_RH_LOCKOUT) return TPM_RH_LOCKOUT;
  if (handle <= TPM_RH_ENDORSEMENT) return TPM_RH_ENDORSEMENT;
  if (handle <= TPM_RH_PLATFORM) return TPM_RH_PLATFORM;
  return handle <= TPM_RH_PLATFORM_NV ? TPM_RH_PLATFORM_NV : nextAct(handle);
}
