// [TPM2.0 1.59] 20.2 TPM2_Sign
import {
  TPM_RC_ATTRIBUTES,
  TPM_RC_KEY,
  TPM_RC_SCHEME,
  TPM_RC_SIZE,
  TPM_RC_TICKET,
  TPMA_OBJECT_RESTRICTED,
  TPMA_OBJECT_X509SIGN,
} from "../../generated/constants";
import { Sign as parameters } from "../../generated/parameters";
import {
  REFUSAL_KEY_NOT_SIGNING,
  REFUSAL_KEY_X509_ONLY,
  REFUSAL_SIGN_DIGEST_SIZE,
  REFUSAL_SIGN_SCHEME,
  REFUSAL_SIGN_TICKET,
} from "../../generated/refusals";
import { bytesOf2B, rcAbout, refuse, sizeOf2B } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import { attributesOf, objectOf, publicOf } from "../../tpm/objects/index";
import { hashCheckTicket, ticketHierarchy, ticketIsEmpty, ticketIsRight } from "../../tpm/platform/index";
import { isSigningKey, selectSignScheme, signHash, writeSignature } from "../../tpm/signing/index";

export function Sign(): u32 {
  const key = objectOf(parameters.keyHandle);
  const digest = bytesOf2B(parameters.digest);
  const size = sizeOf2B(parameters.digest);
  const ticket = parameters.validation;
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.keyHandle), parameters.RC_keyHandle);
  const attributes = attributesOf(publicOf(key));
  if (attributes & TPMA_OBJECT_X509SIGN)
    return rcAbout(refuse(TPM_RC_ATTRIBUTES, REFUSAL_KEY_X509_ONLY, parameters.keyHandle), parameters.RC_keyHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.keyHandle), parameters.RC_inScheme);
  if (!ticketIsEmpty(ticket) || attributes & TPMA_OBJECT_RESTRICTED) {
    const ours = hashCheckTicket(ticketHierarchy(ticket), signHash, digest, size);
    if (!ticketIsRight(ours, ticket))
      return rcAbout(refuse(TPM_RC_TICKET, REFUSAL_SIGN_TICKET, parameters.keyHandle), parameters.RC_validation);
  } else if (size != digestSizeOf(signHash)) {
    return rcAbout(refuse(TPM_RC_SIZE, REFUSAL_SIGN_DIGEST_SIZE), parameters.RC_digest);
  }

  return writeSignature(key, digest, size);
}
