/**
 * The verifier: what it gives out, what it takes, and what it makes of it. It starts no PC and no TPM, and believes nothing that an
 * attester says of itself: nonces and credentials are its own and good for one answer, the keys are those that the credential was
 * made for, and what is good is what its user has called so before.
 */
import {
  type AttestationFiles,
  type AttestationPolicy,
  isPublicArea,
  learnPolicy,
  makeCredential,
  nameOf,
  parsePolicy,
  readPublicFile,
  serializePolicy,
  type Verification,
  verifyAttestation,
  writeCredentialFile,
} from "../../src/index.ts";
import { toHex } from "../pc/hex.ts";
import { Store } from "../state/store.ts";
import { verifierWords } from "../words/verifier.ts";
import { attestationOf, checkAnswer, checkEk, type Finding, reasonsOf, unreadable } from "./findings.ts";
import { type EvidenceFiles, sortFiles } from "./givenFiles.ts";
import { type Known, type KnownStore, nothingKnown } from "./known.ts";
import type { Line } from "./line.ts";
import { type Enrolment, type Evidence, MessageError, readMessage, writeMessage } from "./messages.ts";
import { fromHex, randomOctets } from "./octets.ts";

const NONCE_SIZE = 20;
/** As large as a credential's secret may be for every EK of the profile. */
const SECRET_SIZE = 20;
/** Challenges that are open at a time; the oldest one goes. */
const MAX_OPEN = 16;
/** The oldest one goes. */
const MAX_ROOTS = 16;
const MAX_REMEMBERED = 1024;
const REDRAW_MS = 50;

/** What was given out for one answer. */
export interface OpenChallenge {
  readonly session: string;
  readonly nonce: Uint8Array;
  /** Null where no keys were shown: whoever attests with files of a key that is known from before. */
  readonly keys: {
    readonly ek: Uint8Array;
    readonly ak: Uint8Array;
    readonly ekCertificate: Uint8Array | null;
    readonly ekName: string;
    readonly secret: Uint8Array;
    readonly credential: Uint8Array;
  } | null;
}

export interface Result {
  readonly finding: Finding;
  /** What a policy can be learned from, and the EK's Name that goes with it; null where something of it is not proven. */
  readonly learnable: { readonly policy: AttestationPolicy; readonly ekName: string | null } | null;
  readonly isLearned: boolean;
}

export interface VerifierState {
  readonly known: Known;
  /** The last one that was given out and not answered. */
  readonly challenge: OpenChallenge | null;
  readonly result: Result | null;
  readonly isBusy: boolean;
  /** What could not be taken, in words; null. */
  readonly problem: string | null;
}

export class Verifier {
  readonly store = new Store<VerifierState>(
    { known: nothingKnown, challenge: null, result: null, isBusy: false, problem: null },
    REDRAW_MS,
  );
  readonly #line: Line;
  readonly #kept: KnownStore;
  readonly #open = new Map<string, OpenChallenge>();
  readonly #answered = new Set<string>();
  #queue: Promise<void>;

  constructor(line: Line, kept: KnownStore) {
    this.#line = line;
    this.#kept = kept;
    this.#queue = kept.read().then(
      (known) => this.store.set({ known }),
      () => this.store.set({ problem: verifierWords().problems.notKept }),
    );
    line.onText((text) => void this.#heard(text));
  }

  close(): void {
    this.#line.close();
  }

  /** A message of an attester's, pasted or from a file. What is no message is said. */
  take(text: string): Promise<void> {
    return this.#inTurn(() => this.#take(text.trim()));
  }

  /** Files of tpm2-tools, a folder of `tabtpm attest`, messages, policies and roots, told apart by names and contents. */
  takeFiles(files: readonly File[], answer: string): Promise<void> {
    return this.#inTurn(async () => {
      const sorted = await sortFiles(files);
      if (sorted.roots.length > 0) await this.#trust(sorted.roots);
      if (sorted.policy !== null) {
        parsePolicy(new TextEncoder().encode(sorted.policy));
        await this.#know({ policy: sorted.policy });
      }
      for (const text of sorted.messages) await this.#take(text);
      if (sorted.evidence !== null) await this.#takeEvidenceFiles(sorted.evidence, answer);
    });
  }

  /** A nonce for whoever attests with files, without a credential. */
  giveNonce(): void {
    this.#offer({ session: toHex(randomOctets(16)), nonce: randomOctets(NONCE_SIZE), keys: null });
  }

  /** What was just shown is good: its EK is pinned, and its measurements are what is asked for from now on. */
  learn(): Promise<void> {
    return this.#inTurn(async () => {
      const { result } = this.store.value;
      if (result?.learnable == null) return;
      const { policy, ekName } = result.learnable;
      const before = this.store.value.known;
      await this.#know({
        policy: serializePolicy(policy),
        ekName: ekName ?? before.ekName,
        since: ekName === null ? before.since : Date.now(),
      });
      this.store.set({ result: { ...result, learnable: null, isLearned: true } });
    });
  }

  /** What went wrong, in words. */
  say(problem: string): void {
    this.store.set({ problem });
  }

  trustRoot(root: Uint8Array): Promise<void> {
    return this.#inTurn(() => this.#trust([root]));
  }

  /** The EK, the policy and the roots. */
  forget(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#kept.forget();
      this.store.set({ known: nothingKnown, result: null });
    });
  }

  /** What other tabs say may be meant for others, and be anything. */
  async #heard(text: string): Promise<void> {
    await this.#inTurn(async () => {
      const message = readMessage(text);
      if (message.kind === "enrolment" || message.kind === "evidence") await this.#take(text);
    });
  }

  /** One after the other: each sees what the one before has made known. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      this.store.set({ isBusy: true, problem: null });
      try {
        await work();
      } catch (error) {
        this.store.set({ problem: sentenceFor(error) });
      } finally {
        this.store.set({ isBusy: false });
      }
    });
    return this.#queue;
  }

  async #take(text: string): Promise<void> {
    const message = readMessage(text);
    if (message.kind === "enrolment") await this.#enrol(message);
    else if (message.kind === "evidence") await this.#judge(message);
    else throw new Error(verifierWords().problems.notForVerifier);
  }

  async #know(news: Partial<Known>): Promise<void> {
    const known = { ...this.store.value.known, ...news };
    this.store.set({ known });
    await this.#kept.write(known).catch(() => this.store.set({ problem: verifierWords().problems.notKept }));
  }

  /** Beside those that are there; each once. */
  #trust(roots: readonly Uint8Array[]): Promise<void> {
    const all = new Map([...this.store.value.known.roots, ...roots].map((root) => [toHex(root), root]));
    return this.#know({ roots: [...all.values()].slice(-MAX_ROOTS) });
  }

  #offer(challenge: OpenChallenge): void {
    this.#open.delete(challenge.session);
    this.#open.set(challenge.session, challenge);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_OPEN && oldest !== undefined) this.#open.delete(oldest);
    this.store.set({ challenge, result: null });
  }

  async #enrol({ session, ek, ak, ekCertificate }: Enrolment): Promise<void> {
    const { known } = this.store.value;
    let challenge: OpenChallenge;
    try {
      const [ekArea, akArea] = [readPublicFile(ek), readPublicFile(ak)];
      if (!isPublicArea(ekArea) || !isPublicArea(akArea)) throw new Error(verifierWords().problems.bareKey);
      const ekName = toHex(await nameOf(ekArea));
      const pin = checkEk(known, ekName);
      // Another EK gets no challenge: there is nothing that it could prove.
      if (pin?.verdict === "bad") return this.#conclude(session, attestationOf([pin]), null);
      const secret = randomOctets(SECRET_SIZE);
      const credential = writeCredentialFile(await makeCredential(ekArea, await nameOf(akArea), secret));
      const keys = { ek, ak, ekCertificate, ekName, secret, credential };
      challenge = { session, nonce: randomOctets(NONCE_SIZE), keys };
    } catch (error) {
      // Keys that can't be read, or that no credential can be made for.
      return this.#conclude(session, attestationOf([unreadable(error)]), null);
    }
    this.#offer(challenge);
    this.#line.send(
      writeMessage({ kind: "challenge", session, nonce: challenge.nonce, credential: challenge.keys!.credential }),
    );
  }

  async #judge({ session, answer, ...files }: Evidence): Promise<void> {
    const challenge = this.#answer(session);
    if (challenge?.keys == null) {
      return this.#conclude(
        session,
        attestationOf([checkAnswer(this.#answered.has(session) ? "again" : "never")]),
        null,
      );
    }
    const { ek, ak, ekCertificate } = challenge.keys;
    const all = { ...files, ek, ak, ekCertificate: ekCertificate ?? undefined };
    await this.#verify(challenge, { ...all, log: files.log ?? undefined, ima: files.ima ?? undefined }, answer);
  }

  /** Takes an open challenge: it is good for one answer. */
  #answer(session: string): OpenChallenge | null {
    const challenge = this.#open.get(session) ?? null;
    if (challenge === null) return null;
    this.#open.delete(session);
    this.#answered.add(session);
    const [oldest] = this.#answered;
    if (this.#answered.size > MAX_REMEMBERED && oldest !== undefined) this.#answered.delete(oldest);
    if (this.store.value.challenge?.session === session) this.store.set({ challenge: null });
    return challenge;
  }

  async #takeEvidenceFiles(files: EvidenceFiles, answer: string): Promise<void> {
    const { quote, signature, pcrs, ak, ek } = files;
    if (quote === undefined && ek !== undefined && ak !== undefined) {
      const ekCertificate = files.ekCertificate ?? null;
      return this.#enrol({ kind: "enrolment", session: toHex(randomOctets(16)), ek, ak, ekCertificate });
    }
    if (quote === undefined || signature === undefined || pcrs === undefined || ak === undefined)
      throw new Error(verifierWords().problems.filesMissing);
    const open = this.store.value.challenge;
    const challenge = open === null ? null : this.#answer(open.session);
    // The keys that the credential was made for, and not those that come now.
    const own = challenge?.keys;
    const keys = own == null ? {} : { ek: own.ek, ak: own.ak, ekCertificate: own.ekCertificate ?? undefined };
    await this.#verify(challenge, { ...files, quote, signature, pcrs, ak, ...keys }, fromHex(answer.trim()));
  }

  async #verify(challenge: OpenChallenge | null, files: AttestationFiles, answer: Uint8Array | null): Promise<void> {
    const { known } = this.store.value;
    const keys = challenge?.keys ?? null;
    const policy = policyOf(known);
    const verification = await verifyAttestation(files, {
      nonce: challenge?.nonce ?? null,
      policy,
      ...(known.roots.length > 0 && { roots: known.roots }),
      ...(keys !== null && answer !== null && answer.length > 0 && { credential: { secret: keys.secret, answer } }),
    });
    const isActivated = verdictOfCheck(verification, "credential") === "good";
    const pin = checkEk(known, isActivated ? (keys?.ekName ?? null) : null);
    const findings = [
      checkAnswer(challenge === null ? "none" : "open"),
      ...(pin === null ? [] : [pin]),
      ...verification.finding.findings,
    ];
    const finding = attestationOf(findings);
    this.#conclude(
      challenge?.session ?? null,
      finding,
      learnable(verification, finding, isActivated ? keys!.ekName : null),
    );
  }

  #conclude(session: string | null, finding: Finding, what: Result["learnable"]): void {
    this.store.set({ result: { finding, learnable: what, isLearned: false } });
    if (session === null) return;
    this.#line.send(writeMessage({ kind: "verdict", session, verdict: finding.verdict, reasons: reasonsOf(finding) }));
  }
}

/** The policy, which asks for the EK that is pinned. */
function policyOf({ policy, ekName }: Known): AttestationPolicy | null {
  if (policy === null) return null;
  const read = parsePolicy(new TextEncoder().encode(policy));
  const pin = ekName === null ? null : fromHex(ekName);
  return pin === null ? read : { ...read, ekNames: [pin] };
}

const verdictOfCheck = ({ finding }: Verification, check: string) =>
  finding.findings.find((one) => one.check === check)?.verdict ?? null;

/** Its quote is good and nothing of it is bad; that nobody has said yet what is good is what learning is for. */
function learnable(verification: Verification, finding: Finding, ekName: string | null): Result["learnable"] {
  const { evidence } = verification;
  const isQuoted = verdictOfCheck(verification, "quote") === "good";
  if (evidence === null || finding.verdict !== "unknown" || !isQuoted) return null;
  const policy = learnPolicy(evidence);
  // An EK that is pinned stands for every AK that opens a credential with it.
  const pin = ekName === null ? null : fromHex(ekName);
  return { policy: pin === null ? policy : { ...policy, akNames: null, ekNames: [pin] }, ekName };
}

function sentenceFor(error: unknown): string {
  const { problems } = verifierWords();
  if (error instanceof MessageError) return problems.message[error.problem](error.field);
  return error instanceof Error ? error.message : String(error);
}
