// [TPM2.0 1.59] 18.2 TPM2_Certify
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_RC_SEQUENCE, TPM_ST_ATTEST_CERTIFY } from "../../generated/constants";
import { Certify as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_NOT_SIGNING, REFUSAL_OBJECT_IS_SEQUENCE, REFUSAL_SIGN_SCHEME } from "../../generated/refusals";
import { copyWire2B, rcAbout, refuse, writeU16 } from "../../base/index";
import { isSequence, OBJECT_NAME, objectOf, QUALIFIED_NAME } from "../../tpm/objects/index";
import {
  finishAttest,
  isAnonymous,
  isSigningKey,
  selectSignScheme,
  signerOf,
  signScheme,
  startAttest,
} from "../../tpm/signing/index";

export function Certify(): u32 {
  const key = signerOf(parameters.signHandle);
  const object = objectOf(parameters.objectHandle);
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);
  if (isSequence(object)) return refuse(TPM_RC_SEQUENCE, REFUSAL_OBJECT_IS_SEQUENCE, parameters.objectHandle);

  startAttest(key, TPM_ST_ATTEST_CERTIFY, parameters.qualifyingData);
  copyWire2B(object + OBJECT_NAME);
  // The Qualified Name would tell the TPM to which the anonymous key belongs.
  if (isAnonymous(signScheme)) writeU16(0);
  else copyWire2B(object + QUALIFIED_NAME);
  return finishAttest(key, parameters.qualifyingData);
}
