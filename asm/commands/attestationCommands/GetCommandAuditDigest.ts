// [TPM2.0 1.59] 18.6 TPM2_GetCommandAuditDigest
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_RC_SUCCESS, TPM_ST_ATTEST_COMMAND_AUDIT } from "../../generated/constants";
import { GetCommandAuditDigest as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_NOT_SIGNING, REFUSAL_SIGN_SCHEME } from "../../generated/refusals";
import { copyWire2B, MAX_DIGEST_SIZE, rcAbout, refuse, wipe2B, writeU16, writeU64 } from "../../base/index";
import { writeCommandDigest } from "../../tpm/authorization/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, startAttest } from "../../tpm/signing/index";
import { AUDIT_COUNTER, AUDIT_HASH_ALG, COMMAND_AUDIT_DIGEST, keepShadow } from "../../tpm/state/index";

export function GetCommandAuditDigest(): u32 {
  const key = signerOf(parameters.signHandle);
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);

  startAttest(key, TPM_ST_ATTEST_COMMAND_AUDIT, parameters.qualifyingData);
  writeU64(load<u64>(AUDIT_COUNTER));
  writeU16(load<u16>(AUDIT_HASH_ALG));
  copyWire2B(COMMAND_AUDIT_DIGEST);
  writeCommandDigest();
  const rc = finishAttest(key, parameters.qualifyingData);
  if (rc != TPM_RC_SUCCESS || key == 0) return rc;
  // Should this command be audited itself, the permanent change comes after this one.
  keepShadow();
  wipe2B(COMMAND_AUDIT_DIGEST, MAX_DIGEST_SIZE);
  return TPM_RC_SUCCESS;
}
