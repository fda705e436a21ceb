// [TPM2.0 1.59] 18.4 TPM2_Quote
import { TPM_ALG_NULL, TPM_RC_KEY, TPM_RC_SCHEME, TPM_ST_ATTEST_QUOTE } from "../../generated/constants";
import { Quote as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_NOT_SIGNING, REFUSAL_SIGN_SCHEME } from "../../generated/refusals";
import { rcAbout, refuse, reserve, writeU16 } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import { filterSelections, selectionDigest, selectionsSize } from "../../tpm/platform/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, signHash, startAttest } from "../../tpm/signing/index";

export function Quote(): u32 {
  const key = signerOf(parameters.signHandle);
  const selections = parameters.PCRselect;
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  // Without a key there is no hash algorithm for the PCRs.
  if (!selectSignScheme(key, parameters.inScheme) || signHash == TPM_ALG_NULL)
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);

  startAttest(key, TPM_ST_ATTEST_QUOTE, parameters.qualifyingData);
  filterSelections(reserve(selectionsSize(selections)), selections);
  const size = digestSizeOf(signHash);
  writeU16(size);
  selectionDigest(signHash, selections, reserve(size));
  return finishAttest(key, parameters.qualifyingData);
}
