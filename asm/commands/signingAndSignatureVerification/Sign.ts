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
import { bytesOf2B, rcHandle, rcParameter, sizeOf2B } from "../../base/index";
import { digestSizeOf } from "../../tpm/algorithms/index";
import { attributesOf, objectOf, publicOf } from "../../tpm/objects/index";
import { hashCheckIsRight, ticketIsEmpty } from "../../tpm/platform/index";
import { isSigningKey, selectSignScheme, signHash, writeSignature } from "../../tpm/signing/index";

export function Sign(): u32 {
  const key = objectOf(parameters.keyHandle);
  const digest = bytesOf2B(parameters.digest);
  const size = sizeOf2B(parameters.digest);
  const ticket = parameters.validation;
  if (!isSigningKey(key)) return rcHandle(TPM_RC_KEY, 1);
  const attributes = attributesOf(publicOf(key));
  if (attributes & TPMA_OBJECT_X509SIGN) return rcHandle(TPM_RC_ATTRIBUTES, 1);
  if (!selectSignScheme(key, parameters.inScheme)) return rcParameter(TPM_RC_SCHEME, 2);
  if (!ticketIsEmpty(ticket) || attributes & TPMA_OBJECT_RESTRICTED) {
    if (!hashCheckIsRight(ticket, signHash, digest, size)) return rcParameter(TPM_RC_TICKET, 3);
  } else if (size != digestSizeOf(signHash)) {
    return rcParameter(TPM_RC_SIZE, 1);
  }

  return writeSignature(key, digest, size);
}
