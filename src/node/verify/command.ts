/** `tabtpm verify`: what a machine's TPM attests, checked, and held against a policy. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { isPublicArea } from "../../attest/ak.ts";
import { readCertificate } from "../../attest/certificate.ts";
import { credentialSecret, makeCredential } from "../../attest/credential.ts";
import { EvidenceFormatError } from "../../attest/errors.ts";
import { MAX_LOG_SIZE } from "../../attest/eventLogEvidence.ts";
import type { Finding } from "../../attest/finding.ts";
import { readCertificateFile, readPublicFile, writeCredentialFile } from "../../attest/formats.ts";
import { VERIFIED_LIMITS } from "../../attest/ima/index.ts";
import { nameOf } from "../../attest/names.ts";
import {
  type AttestationPolicy,
  learnPolicy,
  MAX_POLICY_SIZE,
  PolicyError,
  parsePolicy,
  serializePolicy,
} from "../../attest/policy/index.ts";
import { type AttestationFiles, type Verification, verifyAttestation } from "../../attest/verify.ts";
import { DurableFile } from "../../store/durableFile.ts";
import { UsageError } from "../errors.ts";
import { readLimited } from "../limitedFile.ts";
import { parseHex, parseTable } from "../parse.ts";
import { printable, printableJson } from "../printable.ts";
import type { Streams } from "../terminal.ts";
import { findingLines } from "./findingLines.ts";
import { EXIT_BAD, EXIT_UNKNOWN, VERIFY_OPTIONS, type VerifyName, verifyRows } from "./optionTable.ts";

export { VERIFY_HELP } from "./optionTable.ts";

export interface VerifyCommand {
  /** Paths by option; of a folder's, those that are there. */
  readonly files: ReadonlyMap<VerifyName, string>;
  readonly nonce: Uint8Array | null;
  readonly roots: string | undefined;
  readonly credential: { readonly secret: Uint8Array; readonly answer: Uint8Array } | undefined;
  readonly policy: string | undefined;
  readonly learnPolicy: string | undefined;
  readonly makeCredential: string | undefined;
  readonly brief: boolean;
  readonly json: boolean;
  readonly from: string | undefined;
}

/** Octets of a quote, a signature, a key, PCR values. */
const MAX_SMALL = 1 << 16;
/** Octets of all manufacturers' roots: they have some hundreds of thousands. */
const MAX_ROOTS = 16 << 20;
const NEEDED: readonly VerifyName[] = ["quote", "signature", "pcrs", "ak"];
const NEEDED_FOR_CREDENTIAL: readonly VerifyName[] = ["ak", "ek"];
/** Octets of what a credential's secret is made of. */
const SEED_SIZE = 20;
/** Policies and credentials have no secrets. */
const FILE_MODE = 0o644;

/** @returns undefined when help is asked for. @throws UsageError */
export function parseVerifyOptions(argv: readonly string[]): VerifyCommand | undefined {
  const { text, isGiven } = parseTable("verify", argv, verifyRows);
  if (isGiven("help")) return undefined;
  const files = new Map<VerifyName, string>();
  for (const [name, row] of verifyRows) {
    const path = "file" in row ? text(name) : undefined;
    if (path !== undefined) files.set(name, path);
  }
  const from = text("from");
  const makeCredential = text("make-credential");
  const needed = makeCredential === undefined ? NEEDED : NEEDED_FOR_CREDENTIAL;
  const missing = needed.filter((name) => !files.has(name));
  if (from === undefined && missing.length > 0) {
    throw new UsageError(`--${missing.join(", --")} are missing, or --from DIR. See tabtpm verify --help.`);
  }
  return {
    files,
    from,
    nonce: parseOctets("nonce", text("nonce")) ?? null,
    roots: text("roots"),
    credential: parseCredential(text("secret"), text("answer")),
    policy: text("policy"),
    learnPolicy: text("learn-policy"),
    makeCredential,
    brief: isGiven("brief"),
    json: isGiven("json"),
  };
}

function parseOctets(name: VerifyName, hex: string | undefined): Uint8Array | undefined {
  return hex === undefined ? undefined : parseHex(name, hex);
}

function parseCredential(secret: string | undefined, answer: string | undefined): VerifyCommand["credential"] {
  const [made, opened] = [parseOctets("secret", secret), parseOctets("answer", answer)];
  if (made === undefined && opened === undefined) return undefined;
  if (made !== undefined && opened !== undefined) return { secret: made, answer: opened };
  throw new UsageError("--secret and --answer belong together: one is compared with the other.");
}

/** @returns the exit code. @throws Error with the file's name for what can't be read, and for a policy that is none. */
export async function verify(command: VerifyCommand, streams: Streams): Promise<number> {
  const paths = await filesOf(command);
  if (command.makeCredential !== undefined) return challenge(paths, command.makeCredential, streams);
  const policy = command.policy === undefined ? null : await readPolicy(command.policy);
  const read = async (name: VerifyName, most: number) => {
    const path = paths.get(name);
    return path === undefined ? undefined : readLimited(path, most);
  };
  const needed = (name: VerifyName) => readNeeded(paths, name);
  const files = {
    quote: await needed("quote"),
    signature: await needed("signature"),
    pcrs: await needed("pcrs"),
    ak: await needed("ak"),
    log: await read("log", MAX_LOG_SIZE),
    ima: await read("ima", VERIFIED_LIMITS.maxSize),
    ek: await read("ek", MAX_SMALL),
    ekCertificate: await read("ek-certificate", MAX_SMALL),
  };
  const { nonce } = command;
  const credential = await credentialFor(command.credential, files);
  const verification = await verifyAttestation(files, { nonce, credential, policy, roots: await readRoots(command) });
  const { finding } = verification;
  const lines = command.json ? [printableJson(finding)] : findingLines(finding, command.brief);
  streams.stdout.write(`${lines.join("\n")}\n`);
  if (command.learnPolicy !== undefined) await learn(verification, command.learnPolicy, streams);
  return exitCode(finding);
}

async function readNeeded(paths: ReadonlyMap<VerifyName, string>, name: VerifyName): Promise<Uint8Array> {
  const path = paths.get(name);
  if (path === undefined) throw new UsageError(`--${name} is missing, and the folder has no ${nameIn(name)}.`);
  return readLimited(path, MAX_SMALL);
}

/** A credential that only the TPM with this EK opens, and only when it has this AK. */
async function challenge(paths: ReadonlyMap<VerifyName, string>, to: string, streams: Streams): Promise<number> {
  const [ak, ek] = [readPublicFile(await readNeeded(paths, "ak")), readPublicFile(await readNeeded(paths, "ek"))];
  if (!isPublicArea(ak) || !isPublicArea(ek)) {
    throw new UsageError("A credential needs the public areas of AK and EK (tpm2_readpublic -o), and no PEM.");
  }
  const seed = crypto.getRandomValues(new Uint8Array(SEED_SIZE));
  const credential = await makeCredential(ek, await nameOf(ak), await credentialSecret(seed, ek, ak));
  await new DurableFile(to, "the credential", { createMode: FILE_MODE }).create(writeCredentialFile(credential));
  streams.stdout.write(`${Buffer.from(seed).toString("hex")}\n`);
  streams.stderr.write(
    `tabtpm: ${to} is for the TPM: tabtpm attest --credential ${to} prints what it made of it. The secret above stays here: give both to --secret and --answer.\n`,
  );
  return 0;
}

/** What is compared with the answer is of these two keys: an answer for others, which stood in the folder before, is none. */
async function credentialFor(
  credential: VerifyCommand["credential"],
  files: Pick<AttestationFiles, "ak" | "ek">,
): Promise<VerifyCommand["credential"]> {
  if (credential === undefined) return undefined;
  if (files.ek === undefined) throw new UsageError("--secret needs --ek: the credential was made for one EK.");
  try {
    const [ak, ek] = [readPublicFile(files.ak), readPublicFile(files.ek)];
    if (!isPublicArea(ak) || !isPublicArea(ek))
      throw new UsageError("--secret needs the public areas of AK and EK (tpm2_readpublic -o), and no PEM.");
    return { ...credential, secret: await credentialSecret(credential.secret, ek, ak) };
  } catch (error) {
    // A file that is no key is a finding, and a key without a Name has no credential.
    if (error instanceof EvidenceFormatError || error instanceof RangeError) return credential;
    throw error;
  }
}

const exitCode = ({ verdict }: Finding): number => ({ good: 0, bad: EXIT_BAD, unknown: EXIT_UNKNOWN })[verdict];
const nameIn = (name: VerifyName): string => {
  const row = VERIFY_OPTIONS[name];
  return "file" in row ? row.file : name;
};

/** Files that are named, and those of the folder. */
async function filesOf({ files, from }: VerifyCommand): Promise<ReadonlyMap<VerifyName, string>> {
  if (from === undefined) return files;
  const all = new Map(files);
  for (const [name, { file }] of verifyRows) {
    if (file === undefined || all.has(name)) continue;
    const path = join(from, file);
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      all.set(name, path);
  }
  return all;
}

/** A certificate that is named is looked at, and without a root that is known it is not trusted. */
async function readRoots({ roots, files }: VerifyCommand): Promise<readonly Uint8Array[] | undefined> {
  if (roots === undefined) return files.has("ek-certificate") ? [] : undefined;
  const octets = await readLimited(roots, MAX_ROOTS);
  try {
    readCertificateFile(octets).forEach(readCertificate);
    return [octets];
  } catch (error) {
    if (!(error instanceof EvidenceFormatError)) throw error;
    throw new Error(`${roots}: ${printable(error.message)}`, { cause: error });
  }
}

async function readPolicy(path: string): Promise<AttestationPolicy> {
  const octets = await readLimited(path, MAX_POLICY_SIZE);
  try {
    return parsePolicy(octets);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw new Error(`${path}: ${printable(error.message)}`, { cause: error });
  }
}

/** What is bad can't teach what is good; that nobody has said yet what is, is what learning is for. */
async function learn({ finding, evidence }: Verification, path: string, streams: Streams): Promise<void> {
  const wrong = finding.findings.find(
    ({ check, verdict }) => verdict === "bad" || (verdict === "unknown" && check === "quote"),
  );
  if (evidence === null || wrong !== undefined) {
    throw new EvidenceFormatError(
      `No policy is learned from what is not proven: ${wrong?.check ?? "evidence"} is ${wrong?.verdict ?? "bad"}.`,
    );
  }
  const policy = new TextEncoder().encode(serializePolicy(learnPolicy(evidence)));
  await new DurableFile(path, "the policy", { createMode: FILE_MODE }).create(policy);
  streams.stderr.write(
    `tabtpm: ${path} has the policy. It pins this AK: take it over only from a machine that is known to be good.\n`,
  );
}
