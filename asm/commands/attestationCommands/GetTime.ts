// [TPM2.0 1.59] 18.7 TPM2_GetTime
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_ST_ATTEST_TIME } from "../../generated/constants";
import { GetTime as parameters } from "../../generated/parameters";
import { writeU64 } from "../../base/writer";
import { finishAttest, startAttest } from "../../tpm/signing/attest";
import { writeTimeInfo } from "../../tpm/platform/clock";
import { rcHandle, rcParameter } from "../../base/responseCode";
import { isSigningKey, selectSignScheme, signerOf } from "../../tpm/signing/signScheme";
import { firmwareVersion } from "../../tpm/algorithms/vendor";

export function GetTime(): u32 {
  const key = signerOf(parameters.signHandle);
  if (!isSigningKey(key)) return rcHandle(TPM_RC_KEY, 2);
  if (!selectSignScheme(key, parameters.inScheme)) return rcParameter(TPM_RC_SCHEME, 2);

  startAttest(key, TPM_ST_ATTEST_TIME, parameters.qualifyingData);
  writeTimeInfo();
  writeU64(firmwareVersion());
  return finishAttest(key, parameters.qualifyingData);
}
