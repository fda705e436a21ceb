/**
 * What a TPM attests, and whether it is true: keys, quotes, credentials and the files that tpm2-tools write of them; event logs,
 * IMA's lists and policies. It needs WebCrypto and nothing else.
 */
export { type AkReference, type AttestationKey, checkAk, describeKey, isPublicArea } from "./ak.ts";
export {
  type Attestation,
  type ClockInfo,
  type Quote,
  quoteOf,
  readAttestation,
  readSignature,
} from "./attestation.ts";
export {
  type AkKind,
  type AttesterOptions,
  activateCredential,
  createAk,
  createEk,
  createQuote,
  type EndorsementKey,
  type LoadedKey,
  readAllPcrs,
} from "./attester.ts";
export { type PublicArea, type SigningKey, type SigningScheme, schemeOf, signingKeyOf } from "./attestKey.ts";
export { checkCredential, credentialSecret, makeCredential } from "./credential.ts";
export { algorithmName, digest } from "./digest.ts";
export {
  type CheckedEkCertificate,
  checkEkCertificate,
  type EkCertificate,
  type EkCertificateReference,
  manufacturerText,
} from "./ekCertificate.ts";
export { EvidenceFormatError } from "./errors.ts";
export {
  type Binding,
  BOUND_BY_NO_DIGEST,
  describeFields,
  EVENT_FIELDS,
  EVENT_HEADER,
  type EventFields,
  type HashedForm,
  type MeasuredVariable,
  readVariable,
} from "./eventFields.ts";
export {
  checkEventLog,
  type EventEvidence,
  type EventLogEvidence,
  MAX_LOG_SIZE,
  type QuotedPcrs,
} from "./eventLogEvidence.ts";
export { EVIDENCE_FILES } from "./evidenceFiles.ts";
export { type Finding, type Verdict, verdictOf } from "./finding.ts";
export {
  type CredentialFile,
  readCertificateFile,
  readCredentialFile,
  readNameFile,
  readPublicArea,
  readPublicFile,
  readQuoteFile,
  readSignatureFile,
  writeCredentialFile,
  writePublicFile,
} from "./formats.ts";
export * from "./ima/index.ts";
export { type Hierarchy, type KeyPlace, nameOf, qualifiedName } from "./names.ts";
export { readPcrFile, writePcrFile } from "./pcrFile.ts";
export * from "./policy/index.ts";
export { type CheckedQuote, checkQuote, describeSelection, type QuoteEvidence, type QuoteReference } from "./quote.ts";
export { type Judgement, type Signature, verifySignature } from "./signature.ts";
export { type AttestationFiles, type Verification, type VerifierKnowledge, verifyAttestation } from "./verify.ts";
