// [TPM2.0 1.59] 18.5 TPM2_GetSessionAuditDigest
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_RC_TYPE, TPM_ST_ATTEST_SESSION_AUDIT } from "../../generated/constants";
import { GetSessionAuditDigest as parameters } from "../../generated/parameters";
import { REFUSAL_AUDIT_SESSION_NOT, REFUSAL_KEY_NOT_SIGNING, REFUSAL_SIGN_SCHEME } from "../../generated/refusals";
import { copyWire2B, rcAbout, refuse, writeU8 } from "../../base/index";
import { AUDIT_DIGEST, hasAttribute, IS_AUDIT, sessionOf } from "../../tpm/authorization/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, startAttest } from "../../tpm/signing/index";
import { EXCLUSIVE_AUDIT_SESSION } from "../../tpm/state/index";

export function GetSessionAuditDigest(): u32 {
  const key = signerOf(parameters.signHandle);
  const session = sessionOf(parameters.sessionHandle);
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);
  if (!hasAttribute(session, IS_AUDIT)) {
    const refused = refuse(TPM_RC_TYPE, REFUSAL_AUDIT_SESSION_NOT, parameters.sessionHandle);
    return rcAbout(refused, parameters.RC_sessionHandle);
  }

  startAttest(key, TPM_ST_ATTEST_SESSION_AUDIT, parameters.qualifyingData);
  writeU8((load<u32>(EXCLUSIVE_AUDIT_SESSION) == parameters.sessionHandle) as u8);
  copyWire2B(session + AUDIT_DIGEST);
  return finishAttest(key, parameters.qualifyingData);
}
