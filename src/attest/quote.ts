/** Checks a quote: what TPM2_Quote signed (Part 3, 18.4), with which key, when, and over which PCRs. */
import { type PcrDigest, type PcrSelection, TpmFormatError } from "../client/index.ts";
import { digestSize } from "../spec/algorithms.ts";
import { type AttestationKey, checkAk, isPublicArea } from "./ak.ts";
import {
  type Attestation,
  type ClockInfo,
  isGenerated,
  MAGIC,
  type Quote,
  quoteOf,
  readAttestation,
  readSignature,
} from "./attestation.ts";
import { type PublicArea, type SigningKey, schemeOf, signingKeyOf } from "./attestKey.ts";
import { checkClock, checkFirmwareVersion } from "./clock.ts";
import { algorithmName, digest, isHash } from "./digest.ts";
import { type Finding, finding, group } from "./finding.ts";
import { isNameWith, type KeyPlace, placeOf, qualifiedName } from "./names.ts";
import { equal, toHex } from "./octets.ts";
import { type Signature, signatureScheme, verifySignature } from "./signature.ts";

/** What an attester sends. */
export interface QuoteEvidence {
  /** TPMS_ATTEST, the octets that were signed. */
  readonly quote: Uint8Array;
  /** TPMT_SIGNATURE. */
  readonly signature: Uint8Array;
  /** The PCRs that it says were quoted, in any order. */
  readonly pcrs: readonly PcrDigest[];
}

/** What a verifier knows. */
export interface QuoteReference {
  readonly ak: AttestationKey;
  /** What the verifier gave for this quote; null when it gave nothing: then nobody knows how old the quote is. */
  readonly nonce: Uint8Array | null;
  /** The AK's Name, where it is known. */
  readonly akName?: Uint8Array | undefined;
  /** The PCRs that must be quoted, no more and no less. Default: those that are. */
  readonly selection?: readonly PcrSelection[] | undefined;
  /** Where the AK must be. Default: as far as its qualified name tells. */
  readonly place?: KeyPlace | undefined;
  /** The Endorsement Key, under which the AK may be. */
  readonly ek?: PublicArea | undefined;
  /** An earlier quote with the same AK: the clock must have gone on since. */
  readonly last?: { readonly clockInfo: ClockInfo; readonly firmwareVersion: bigint } | undefined;
  /** What the quote must have. A TPM hides it behind a constant number in quotes of AKs of the owner hierarchy. */
  readonly firmwareVersion?: bigint | undefined;
}

export interface CheckedQuote {
  readonly finding: Finding;
  /** What the quote says, which is true where the finding is good; null where it can't be read. */
  readonly quote: Quote | null;
}

/**
 * Checks a quote. Its findings: `ak` (the key's attributes), `quote.format`, `.magic`, `.type`, `.signature`, `.nonce`,
 * `.qualifiedSigner`, `.selection`, `.pcrs`, `.pcrDigest`, and `.clock` and `.firmwareVersion` where the reference has them.
 */
export async function checkQuote(evidence: QuoteEvidence, reference: QuoteReference): Promise<CheckedQuote> {
  const ak = await checkAk(reference.ak, { name: reference.akName });
  const findings: Finding[] = [ak];
  const read = readEvidence(evidence);
  findings.push(read.finding);
  if (read.attestation === null) return { finding: group("quote", findings), quote: null };
  const { attestation, signature } = read;
  const magic = { expected: MAGIC, seen: attestation.magic.toString(16).padStart(8, "0") };
  findings.push(finding("quote.magic", isGenerated(attestation) ? "good" : "bad", magic));
  const quote = quoteOf(attestation);
  const type = { expected: "TPM_ST_ATTEST_QUOTE", seen: `0x${attestation.type.toString(16)}` };
  findings.push(finding("quote.type", quote === null ? "bad" : "good", type));
  findings.push(await checkSignature(reference.ak, signature, evidence.quote));
  if (quote === null) return { finding: group("quote", findings), quote: null };
  findings.push(checkNonce(quote, reference.nonce), await checkSigner(quote, reference));
  findings.push(...(await checkPcrs(quote, evidence.pcrs, signature, reference.selection)));
  if (reference.last !== undefined) findings.push(checkClock(quote.clockInfo, reference.last.clockInfo));
  const versions = { last: reference.last?.firmwareVersion, asked: reference.firmwareVersion };
  findings.push(...checkFirmwareVersion(quote.firmwareVersion, versions));
  return { finding: group("quote", findings), quote };
}

type Read =
  | { readonly finding: Finding; readonly attestation: null }
  | { readonly finding: Finding; readonly attestation: Attestation; readonly signature: Signature };

function readEvidence({ quote, signature }: QuoteEvidence): Read {
  const expected = "a TPMS_ATTEST and a TPMT_SIGNATURE";
  try {
    const read = { attestation: readAttestation(quote), signature: readSignature(signature) };
    return { finding: finding("quote.format", "good", { expected, seen: expected }), ...read };
  } catch (error) {
    if (!(error instanceof TpmFormatError)) throw error;
    return { finding: finding("quote.format", "bad", { expected, seen: error.message }), attestation: null };
  }
}

async function checkSignature(ak: AttestationKey, signature: Signature, message: Uint8Array): Promise<Finding> {
  const made = signatureScheme(signature);
  const seen = made === null ? "none" : inWords(made);
  const bound = isPublicArea(ak) ? schemeOf(ak) : null;
  const expected = bound === null ? "a signature of the AK" : `a signature of the AK, ${inWords(bound)}`;
  const result = (verdict: Finding["verdict"], note: string | null) =>
    finding("quote.signature", verdict, { expected, seen, note });
  if (bound !== null && (made === null || made.scheme !== bound.scheme || made.hash !== bound.hash))
    return result("bad", "the AK signs with another scheme");
  let key: SigningKey;
  try {
    key = isPublicArea(ak) ? signingKeyOf(ak) : ak;
  } catch (error) {
    return result("bad", (error as RangeError).message);
  }
  const { verdict, reason } = await verifySignature(key, signature, message);
  return result(verdict, reason);
}

const inWords = ({ scheme, hash }: { readonly scheme: number; readonly hash: number }) =>
  `${algorithmName(scheme)} with ${algorithmName(hash)}`;

function checkNonce({ nonce }: Quote, given: Uint8Array | null): Finding {
  const seen = toHex(nonce) || "none";
  if (given === null) {
    const note = "no nonce was given to the verifier: the quote may be an old one";
    return finding("quote.nonce", "unknown", { seen, note });
  }
  const isGood = given.length > 0 && equal(nonce, given);
  const note = given.length > 0 ? null : "an empty nonce is none";
  return finding("quote.nonce", isGood ? "good" : "bad", { expected: toHex(given), seen, note });
}

async function checkSigner({ qualifiedSigner }: Quote, { ak, place, ek }: QuoteReference): Promise<Finding> {
  const seen = toHex(qualifiedSigner);
  if (!isPublicArea(ak) || !isHash(ak.nameAlg)) {
    const note = "the Name of the AK is not known";
    return finding("quote.qualifiedSigner", "unknown", { seen, note });
  }
  if (place !== undefined) {
    const expected = await qualifiedName(place.hierarchy, place.parents, ak);
    const verdict = equal(expected, qualifiedSigner) ? "good" : "bad";
    return finding("quote.qualifiedSigner", verdict, { expected: toHex(expected), seen });
  }
  const expected = "a qualified name with the AK's nameAlg";
  if (!isNameWith(qualifiedSigner, ak.nameAlg)) return finding("quote.qualifiedSigner", "bad", { expected, seen });
  const found = await placeOf(qualifiedSigner, ak, ek);
  let note = "which parents the AK has is not known, and not checked";
  if (found !== null)
    note = found.parents.length > 0 ? "a child of the EK" : `a primary key, ${found.hierarchy} hierarchy`;
  return finding("quote.qualifiedSigner", "good", { expected, seen, note });
}

/** "sha256:0,1,2+sha1:7" as tpm2-tools write selections; banks without a PCR are left out. */
export function describeSelection(selection: readonly PcrSelection[]): string {
  const banks = selection.filter(({ pcrs }) => pcrs.length > 0);
  return banks.map(({ algorithm, pcrs }) => `${algorithmName(algorithm)}:${pcrs.join(",")}`).join("+") || "none";
}

async function checkPcrs(
  { selection, pcrDigest }: Quote,
  pcrs: readonly PcrDigest[],
  signature: Signature,
  asked: readonly PcrSelection[] | undefined,
): Promise<Finding[]> {
  const quoted = selection.flatMap(({ algorithm, pcrs: some }) => some.map((pcr) => ({ algorithm, pcr })));
  const chosen = { expected: describeSelection(asked ?? selection), seen: describeSelection(selection) };
  const isAsked = asked === undefined || areSame(asked, selection);
  const isAny = quoted.length > 0;
  const selected = finding("quote.selection", isAsked ? (isAny ? "good" : "unknown") : "bad", {
    ...chosen,
    note: isAny ? null : "the quote is over no PCR, and says nothing of any",
  });
  const problem = problemOf(quoted, pcrs);
  const supplied = finding("quote.pcrs", problem === null ? "good" : "bad", {
    expected: "the value of every quoted PCR, and of no other",
    seen: problem ?? `${pcrs.length} values`,
  });
  const hash = signatureScheme(signature)?.hash;
  if (problem !== null || hash === undefined || !isHash(hash)) {
    const note = "without the values there is nothing to compare with";
    return [selected, supplied, finding("quote.pcrDigest", "bad", { seen: toHex(pcrDigest), note })];
  }
  const values = quoted.map((each) => pcrs.find((given) => isFor(given, each))?.digest ?? new Uint8Array(0));
  const computed = await digest(hash, ...values);
  const verdict = equal(computed, pcrDigest) ? "good" : "bad";
  const compared = { expected: toHex(pcrDigest), seen: toHex(computed), note: `${algorithmName(hash)} of the values` };
  return [selected, supplied, finding("quote.pcrDigest", verdict, compared)];
}

type OnePcr = Pick<PcrDigest, "algorithm" | "pcr">;
const isFor = (one: OnePcr, other: OnePcr) => one.algorithm === other.algorithm && one.pcr === other.pcr;
const nameOne = ({ algorithm, pcr }: OnePcr) => `PCR ${pcr} (${algorithmName(algorithm)})`;

/** What is wrong with the PCRs that came along, or null. */
function problemOf(quoted: readonly OnePcr[], pcrs: readonly PcrDigest[]): string | null {
  for (const each of quoted) if (!pcrs.some((given) => isFor(given, each))) return `${nameOne(each)} is missing`;
  for (const [at, given] of pcrs.entries()) {
    if (!quoted.some((each) => isFor(given, each))) return `${nameOne(given)} is not quoted`;
    if (pcrs.findIndex((other) => isFor(other, given)) !== at) return `${nameOne(given)} is there twice`;
    if (given.digest.length !== digestSize(given.algorithm))
      return `${nameOne(given)} has ${given.digest.length} octets, not ${digestSize(given.algorithm)}`;
  }
  return null;
}

/** The same PCRs of the same banks, in any order. */
function areSame(one: readonly PcrSelection[], other: readonly PcrSelection[]): boolean {
  const all = (selection: readonly PcrSelection[]) =>
    [...new Set(selection.flatMap(({ algorithm, pcrs }) => pcrs.map((pcr) => `${algorithm}:${pcr}`)))].sort().join();
  return all(one) === all(other);
}
