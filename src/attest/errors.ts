/** A file of evidence is not what it should be: what was wrong with it and what would be right. */
export class EvidenceFormatError extends Error {
  override name = "EvidenceFormatError";
}
