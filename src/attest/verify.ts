/**
 * All checks in a row, over files as tpm2-tools, Linux and `tabtpm attest` write them: what `tabtpm verify` and the page run.
 * docs/attest.md says what each one proves.
 */
import { type PcrDigest, TpmFormatError } from "../client/index.ts";
import { hashName } from "../firmware/eventLog.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { type AttestationKey, isPublicArea } from "./ak.ts";
import { quoteOf, readAttestation } from "./attestation.ts";
import { checkCredential } from "./credential.ts";
import { digest, isHash } from "./digest.ts";
import { checkEkCertificate } from "./ekCertificate.ts";
import { EvidenceFormatError } from "./errors.ts";
import { checkEventLog, type EventLogEvidence, type QuotedPcrs } from "./eventLogEvidence.ts";
import { type Finding, finding, group } from "./finding.ts";
import { readCertificateFile, readPublicFile, readQuoteFile, readSignatureFile } from "./formats.ts";
import { checkIma } from "./ima/index.ts";
import { nameOf, placeOf } from "./names.ts";
import { equal, toHex } from "./octets.ts";
import { readPcrFile } from "./pcrFile.ts";
import { type AttestationPolicy, checkPolicy, type PolicyEvidence } from "./policy/index.ts";
import { type CheckedQuote, checkQuote } from "./quote.ts";

/** What an attester hands over, each as a file's octets. */
export interface AttestationFiles {
  /** `tpm2_quote -m`. */
  readonly quote: Uint8Array;
  /** `tpm2_quote -s`. */
  readonly signature: Uint8Array;
  /** `tpm2_quote -o`. */
  readonly pcrs: Uint8Array;
  /** `tpm2_readpublic -o`, `tpm2_createak -u`. */
  readonly ak: Uint8Array;
  /** /sys/kernel/security/tpm0/binary_bios_measurements. */
  readonly log?: Uint8Array | undefined;
  /** /sys/kernel/security/ima/ascii_runtime_measurements or binary_runtime_measurements. */
  readonly ima?: Uint8Array | undefined;
  /** `tpm2_createek -u`. */
  readonly ek?: Uint8Array | undefined;
  /** `tpm2_getekcertificate`: DER, or PEM with the certificates between it and the root behind it. */
  readonly ekCertificate?: Uint8Array | undefined;
}

/** What the verifier knows. */
export interface VerifierKnowledge {
  /** What was given for this quote; null: nobody knows how old it is. */
  readonly nonce: Uint8Array | null;
  /** null: nobody says what is good, and nothing is. */
  readonly policy: AttestationPolicy | null;
  /** Files of certificates that an EK's may end in, beside those of the policy; without either the EK's is not looked at. */
  readonly roots?: readonly Uint8Array[] | undefined;
  /**
   * A credential that was made for this EK and the Name of this AK, and for no other: its secret, and what the TPM made of it.
   * {@link credentialSecret} makes secrets that are right for these files alone.
   */
  readonly credential?: { readonly secret: Uint8Array; readonly answer: Uint8Array } | undefined;
  /** When certificates must be valid. Default: now. */
  readonly time?: Date | undefined;
}

export interface Verification {
  /**
   * The tree `attestation`: `evidence`, or `quote`, `ekCertificate`, `credential`, `ak.trust`, `bank`, `eventLog`, `ima` and
   * `policy`, those for which there is something to check.
   */
  readonly finding: Finding;
  /** What was proven, from which a policy can be learned; null where a file could not be read. */
  readonly evidence: PolicyEvidence | null;
}

/** Everything that is not SHA-1, the longest digests first. */
const BANKS: readonly number[] = [
  TPM_ALG.TPM_ALG_SHA512,
  TPM_ALG.TPM_ALG_SHA3_512,
  TPM_ALG.TPM_ALG_SHA384,
  TPM_ALG.TPM_ALG_SHA3_384,
  TPM_ALG.TPM_ALG_SHA256,
  TPM_ALG.TPM_ALG_SHA3_256,
  TPM_ALG.TPM_ALG_SM3_256,
];

/** The hashes of the specification, for logs and lists. */
const hash = (algorithm: number, octets: Uint8Array): Promise<Uint8Array> | null =>
  isHash(algorithm) ? digest(algorithm, octets) : null;

/**
 * Never throws for what an attester's files are: a file that can't be read is a finding.
 * @throws EvidenceFormatError for roots that are no certificates.
 */
export async function verifyAttestation(files: AttestationFiles, knowledge: VerifierKnowledge): Promise<Verification> {
  const { nonce, policy, credential } = knowledge;
  const read = await readFiles(files, nonce);
  if ("check" in read) return { finding: group("attestation", [read]), evidence: null };
  const { ak, checked, pcrs } = read;
  const quoted = byBank(pcrs);
  const banks = policy?.bank == null ? candidates(quoted) : [policy.bank];
  const { bank, log } = await replayLog(files.log, quoted, banks);
  const ima = files.ima === undefined ? null : await checkIma(files.ima, quoted, bank, log?.values, hash);
  const akName = isPublicArea(ak) && isHash(ak.nameAlg) ? await nameOf(ak) : null;
  const certificate = await checkEk(files, read.ek, knowledge);
  const answer = credential === undefined ? null : checkCredential(credential.secret, credential.answer);
  const ekName = await nameOfEk(read, answer, isPinned(policy, akName));
  const firmwareVersion = checked.quote?.firmwareVersion ?? null;
  const evidence: PolicyEvidence = { quoted, bank, log, ima, firmwareVersion, akName, ekName };
  const isEkTrusted =
    certificate?.verdict === "good" ||
    (ekName !== null && policy?.ekNames?.some((name) => equal(name, ekName)) === true);
  const findings = [
    checked.finding,
    ...(certificate === null ? [] : [certificate]),
    ...(answer === null ? [] : [answer]),
    checkTrust(policy, akName, answer?.verdict === "good" && isEkTrusted),
    checkBank(policy, bank),
    ...(log === null ? [] : [log.finding]),
    ...(ima === null ? [] : [ima.finding]),
    policy === null ? noPolicy() : await checkPolicy(policy, evidence, hash),
  ];
  return { finding: group("attestation", findings), evidence };
}

/** @returns null where there are no roots, so that nobody has asked for it */
async function checkEk(
  { ekCertificate }: AttestationFiles,
  ek: AttestationKey | null,
  { roots, policy, time }: VerifierKnowledge,
): Promise<Finding | null> {
  if (roots === undefined && (policy?.ekRoots ?? null) === null) return null;
  const texts = (policy?.ekRoots ?? []).map((pem) => new TextEncoder().encode(pem));
  const trusted = [...(roots ?? []), ...texts].flatMap(readCertificateFile);
  if (ekCertificate === undefined) {
    return finding("ekCertificate", "unknown", { expected: "a certificate of the EK", note: "There is none." });
  }
  let chain: Uint8Array[];
  try {
    chain = readCertificateFile(ekCertificate);
  } catch (error) {
    if (!(error instanceof EvidenceFormatError)) throw error;
    return finding("ekCertificate", "bad", { expected: "a certificate of the EK", seen: error.message });
  }
  const [own, ...intermediates] = chain;
  const reference = { roots: trusted, intermediates, ek: ek ?? undefined, time };
  return (await checkEkCertificate(own ?? new Uint8Array(0), reference)).finding;
}

/**
 * Of the EK that is in the AK's TPM: because the TPM opened a credential for both, or because an AK that is known says in its
 * quote that it is the EK's child. The file alone says nothing: it may be anybody's.
 */
async function nameOfEk(
  { ak, ek, checked }: ReadFiles,
  answer: Finding | null,
  isKnown: boolean,
): Promise<Uint8Array | null> {
  if (ek === null || !isPublicArea(ek) || !isHash(ek.nameAlg)) return null;
  if (answer?.verdict === "good") return nameOf(ek);
  const { quote, finding: found } = checked;
  if (!isKnown || quote === null || found.verdict !== "good" || !isPublicArea(ak)) return null;
  const place = await placeOf(quote.qualifiedSigner, ak, ek);
  return (place?.parents.length ?? 0) > 0 ? nameOf(ek) : null;
}

interface ReadFiles {
  readonly ak: AttestationKey;
  readonly ek: AttestationKey | null;
  readonly checked: CheckedQuote;
  readonly pcrs: readonly PcrDigest[];
}

/** @returns a finding for the first file that is not what it should be. */
async function readFiles(files: AttestationFiles, nonce: Uint8Array | null): Promise<ReadFiles | Finding> {
  try {
    const ak = readPublicFile(files.ak);
    const quote = readQuoteFile(files.quote);
    const signature = readSignatureFile(files.signature, ak);
    const selection = quoteOf(readAttestation(quote))?.selection ?? [];
    const pcrs = readPcrFile(files.pcrs, selection);
    const ek = files.ek === undefined ? null : readPublicFile(files.ek);
    return { ak, ek, pcrs, checked: await checkQuote({ quote, signature, pcrs }, { ak, nonce }) };
  } catch (error) {
    // What is no TPMS_ATTEST is a TpmFormatError.
    if (!(error instanceof EvidenceFormatError || error instanceof TpmFormatError)) throw error;
    return finding("evidence", "bad", { expected: "files that can be read", seen: error.message });
  }
}

function byBank(pcrs: readonly PcrDigest[]): QuotedPcrs {
  const banks = new Map<number, Map<number, Uint8Array>>();
  for (const { algorithm, pcr, digest: value } of pcrs) {
    const bank = banks.get(algorithm) ?? new Map<number, Uint8Array>();
    banks.set(algorithm, bank.set(pcr, value));
  }
  return banks;
}

/** The banks of the quote, the strongest first; SHA-1 where there is no other. */
function candidates(quoted: QuotedPcrs): number[] {
  const strong = BANKS.filter((bank) => quoted.has(bank));
  return strong.length > 0
    ? strong
    : quoted.has(TPM_ALG.TPM_ALG_SHA1)
      ? [TPM_ALG.TPM_ALG_SHA1]
      : [TPM_ALG.TPM_ALG_SHA256];
}

/** The log in the first of the banks that its events have digests of. */
async function replayLog(
  octets: Uint8Array | undefined,
  quoted: QuotedPcrs,
  banks: readonly number[],
): Promise<{ bank: number; log: EventLogEvidence | null }> {
  const [first] = banks as readonly [number];
  if (octets === undefined) return { bank: first, log: null };
  let log: EventLogEvidence | null = null;
  for (const bank of banks) {
    const found = await checkEventLog(octets, quoted, bank, hash);
    log ??= found;
    if (found.events.some(({ digest: one }) => one !== null)) return { bank, log: found };
  }
  return { bank: first, log };
}

const isPinned = (policy: AttestationPolicy | null, akName: Uint8Array | null): boolean =>
  akName !== null && policy?.akNames?.some((name) => equal(name, akName)) === true;

/** Anybody can make a key that looks like an AK: who says that it is a TPM's? */
function checkTrust(policy: AttestationPolicy | null, akName: Uint8Array | null, isActivated: boolean): Finding {
  const seen = akName === null ? null : toHex(akName);
  const expected = "an AK whose Name the policy has, or that opened a credential with an EK that is trusted";
  if (isPinned(policy, akName)) return finding("ak.trust", "good", { expected, seen });
  if (isActivated) return finding("ak.trust", "good", { expected, seen, note: "The credential was opened." });
  const note =
    "Nobody says that this key is in a TPM. Let the TPM open a credential for it and its EK, and give its Name to the policy: ak.names.";
  return finding("ak.trust", "unknown", { expected, seen, note });
}

function checkBank(policy: AttestationPolicy | null, bank: number): Finding {
  const expected = "a bank whose digests can't be made for two things";
  const isWeak = bank === TPM_ALG.TPM_ALG_SHA1 && policy?.bank !== bank;
  // Firmware exists that leaves a bank as it is, which whoever comes after it may extend with whatever was good.
  const isChosen = policy !== null && policy.bank === null && (policy.ima !== null || policy.secureBoot !== null);
  const note = isWeak
    ? "Collisions of SHA-1 can be made. A policy may ask for it all the same: “bank”: “sha1”."
    : isChosen
      ? "The attester chose it, and not every firmware extends every bank. A policy with rules for logs names one: “bank”: “sha256”."
      : null;
  return finding("bank", isWeak || isChosen ? "unknown" : "good", { expected, seen: hashName(bank), note });
}

const noPolicy = (): Finding =>
  finding("policy", "unknown", {
    expected: "what the machine may be",
    note: "There is no policy: what is proven above is so, and nobody says whether it is good.",
  });
