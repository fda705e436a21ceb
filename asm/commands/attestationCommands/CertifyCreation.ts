// [TPM2.0 1.59] 18.3 TPM2_CertifyCreation
import { TPM_RC_KEY, TPM_RC_SCHEME, TPM_RC_TICKET, TPM_ST_ATTEST_CREATION } from "../../generated/constants";
import { CertifyCreation as parameters } from "../../generated/parameters";
import { bytesOf2B, copyWire2B, rcAbout, sizeOf2B } from "../../base/index";
import { isSequence, OBJECT_NAME, objectOf } from "../../tpm/objects/index";
import { creationTicket, ticketHierarchy, ticketIsRight } from "../../tpm/platform/index";
import { finishAttest, isSigningKey, selectSignScheme, signerOf, startAttest } from "../../tpm/signing/index";

export function CertifyCreation(): u32 {
  const key = signerOf(parameters.signHandle);
  const object = objectOf(parameters.objectHandle);
  const name = object + OBJECT_NAME;
  const hash = parameters.creationHash;
  const ticket = parameters.creationTicket;
  if (!isSigningKey(key)) return rcAbout(TPM_RC_KEY, parameters.RC_signHandle);
  if (!selectSignScheme(key, parameters.inScheme)) return rcAbout(TPM_RC_SCHEME, parameters.RC_inScheme);
  // A sequence has no Name, and no ticket.
  if (isSequence(object)) return rcAbout(TPM_RC_TICKET, parameters.RC_creationTicket);
  const hierarchy = ticketHierarchy(ticket);
  const ours = creationTicket(hierarchy, bytesOf2B(name), sizeOf2B(name), bytesOf2B(hash), sizeOf2B(hash));
  if (!ticketIsRight(ours, ticket)) return rcAbout(TPM_RC_TICKET, parameters.RC_creationTicket);

  startAttest(key, TPM_ST_ATTEST_CREATION, parameters.qualifyingData);
  copyWire2B(name);
  copyWire2B(hash);
  return finishAttest(key, parameters.qualifyingData);
}
