// [TPM2.0 1.59] 18.3 TPM2_CertifyCreation
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_RC_TICKET, TPM_ST_ATTEST_CREATION } from "../../generated/constants";
import { CertifyCreation as parameters } from "../../generated/parameters";
import { bytesOf2B, copyWire2B, rcHandle, rcParameter, sizeOf2B } from "../../base/index";
import { isSequence, OBJECT_NAME, objectOf } from "../../tpm/objects/index";
import { creationTicketIsRight } from "../../tpm/platform/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, startAttest } from "../../tpm/signing/index";

export function CertifyCreation(): u32 {
  const key = signerOf(parameters.signHandle);
  const object = objectOf(parameters.objectHandle);
  const name = object + OBJECT_NAME;
  const hash = parameters.creationHash;
  const ticket = parameters.creationTicket;
  if (!isSigningKey(key)) return rcHandle(TPM_RC_KEY, 1);
  if (!selectSignScheme(key, parameters.inScheme)) return rcParameter(TPM_RC_SCHEME, 3);
  // A sequence has no Name, and no ticket.
  if (isSequence(object)) return rcParameter(TPM_RC_TICKET, 4);
  if (!creationTicketIsRight(ticket, bytesOf2B(name), sizeOf2B(name), bytesOf2B(hash), sizeOf2B(hash)))
    return rcParameter(TPM_RC_TICKET, 4);

  startAttest(key, TPM_ST_ATTEST_CREATION, parameters.qualifyingData);
  copyWire2B(name);
  copyWire2B(hash);
  return finishAttest(key, parameters.qualifyingData);
}
