// [TPM2.0 1.59] 23.19 TPM2_PolicyGetDigest
import { TPM_RC_SUCCESS } from "../../generated/constants";
import { PolicyGetDigest as parameters } from "../../generated/parameters";
import { copyWire2B } from "../../base/index";
import { POLICY_DIGEST, sessionOf } from "../../tpm/authorization/index";

export function PolicyGetDigest(): u32 {
  copyWire2B(sessionOf(parameters.policySession) + POLICY_DIGEST);
  return TPM_RC_SUCCESS;
}
