// [TPM2.0 1.59] 18.7 TPM2_GetTime
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_ST_ATTEST_TIME } from "../../generated/constants";
import { GetTime as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_NOT_SIGNING, REFUSAL_SIGN_SCHEME } from "../../generated/refusals";
import { rcAbout, refuse, writeU64 } from "../../base/index";
import { firmwareVersion } from "../../tpm/algorithms/index";
import { writeTimeInfo } from "../../tpm/platform/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, startAttest } from "../../tpm/signing/index";

export function GetTime(): u32 {
  const key = signerOf(parameters.signHandle);
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);

  startAttest(key, TPM_ST_ATTEST_TIME, parameters.qualifyingData);
  writeTimeInfo();
  writeU64(firmwareVersion());
  return finishAttest(key, parameters.qualifyingData);
}
