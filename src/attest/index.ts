/** What a TPM attests, and whether it is true: keys, quotes, credentials and the files that tpm2-tools write of them. It needs WebCrypto and nothing else. */
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
export { checkCredential, makeCredential } from "./credential.ts";
export { algorithmName, digest } from "./digest.ts";
export { EvidenceFormatError } from "./errors.ts";
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
export { type Hierarchy, type KeyPlace, nameOf, qualifiedName } from "./names.ts";
export { readPcrFile, writePcrFile } from "./pcrFile.ts";
export { type CheckedQuote, checkQuote, describeSelection, type QuoteEvidence, type QuoteReference } from "./quote.ts";
export { type Judgement, type Signature, verifySignature } from "./signature.ts";
