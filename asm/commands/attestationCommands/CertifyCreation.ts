// [TPM2.0 1.59] 18.3 TPM2_CertifyCreation
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_RC_TICKET, TPM_ST_ATTEST_CREATION } from "../../generated/constants";
import { CertifyCreation as parameters } from "../../generated/parameters";
import { REFUSAL_CREATION_TICKET, REFUSAL_KEY_NOT_SIGNING, REFUSAL_SIGN_SCHEME } from "../../generated/refusals";
import { bytesOf2B, copyWire2B, rcAbout, refuse, sizeOf2B } from "../../base/index";
import { isSequence, OBJECT_NAME, objectOf } from "../../tpm/objects/index";
import { creationTicket, ticketHierarchy, ticketIsRight } from "../../tpm/platform/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, startAttest } from "../../tpm/signing/index";

export function CertifyCreation(): u32 {
  const key = signerOf(parameters.signHandle);
  const object = objectOf(parameters.objectHandle);
  const name = object + OBJECT_NAME;
  const hash = parameters.creationHash;
  const ticket = parameters.creationTicket;
  if (!isSigningKey(key))
    return rcAbout(refuse(TPM_RC_KEY, REFUSAL_KEY_NOT_SIGNING, parameters.signHandle), parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme))
    return rcAbout(refuse(TPM_RC_SCHEME, REFUSAL_SIGN_SCHEME, parameters.signHandle), parameters.RC_inScheme);
  // A sequence has no Name, and no ticket.
  if (isSequence(object)) {
    const refused = refuse(TPM_RC_TICKET, REFUSAL_CREATION_TICKET, parameters.objectHandle);
    return rcAbout(refused, parameters.RC_creationTicket);
  }
  const hierarchy = ticketHierarchy(ticket);
  const ours = creationTicket(hierarchy, bytesOf2B(name), sizeOf2B(name), bytesOf2B(hash), sizeOf2B(hash));
  if (!ticketIsRight(ours, ticket)) {
    const refused = refuse(TPM_RC_TICKET, REFUSAL_CREATION_TICKET, parameters.objectHandle);
    return rcAbout(refused, parameters.RC_creationTicket);
  }

  startAttest(key, TPM_ST_ATTEST_CREATION, parameters.qualifyingData);
  copyWire2B(name);
  copyWire2B(hash);
  return finishAttest(key, parameters.qualifyingData);
}
