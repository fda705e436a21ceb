// [TPM2.0 1.59] 20.1 TPM2_VerifySignature
import {
  TPM_ALG_NULL,
  TPM_RC_ATTRIBUTES,
  TPM_RC_SUCCESS,
  TPM_RH_NULL,
  TPM_ST_VERIFIED,
} from "../../generated/constants";
import { VerifySignature as parameters } from "../../generated/parameters";
import { REFUSAL_KEY_NOT_SIGNING } from "../../generated/refusals";
import { bytesOf2B, rcAbout, refuse, sizeOf2B } from "../../base/index";
import { nameAlgOf, OBJECT_HIERARCHY, OBJECT_NAME, objectOf, publicOf } from "../../tpm/objects/index";
import { verifiedTicket, writeNullTicket, writeTicket } from "../../tpm/platform/index";
import { hasSignAttribute, verifySignature } from "../../tpm/signing/index";

export function VerifySignature(): u32 {
  const key = objectOf(parameters.keyHandle);
  const digest = bytesOf2B(parameters.digest);
  const size = sizeOf2B(parameters.digest);
  if (!hasSignAttribute(key))
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_KEY_NOT_SIGNING, parameters.keyHandle), parameters.RC_keyHandle);
  const rc = verifySignature(key, digest, size, parameters.signature);
  if (rc != TPM_RC_SUCCESS) return rcAbout(rc, parameters.RC_signature);

  const hierarchy = load<u32>(key, OBJECT_HIERARCHY);
  if (hierarchy == TPM_RH_NULL || nameAlgOf(publicOf(key)) == TPM_ALG_NULL) {
    writeNullTicket(TPM_ST_VERIFIED);
  } else {
    const name = key + OBJECT_NAME;
    writeTicket(verifiedTicket(hierarchy, digest, size, bytesOf2B(name), sizeOf2B(name)));
  }
  return TPM_RC_SUCCESS;
}
