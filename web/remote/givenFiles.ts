/** Files that somebody gives the verifier, told apart by their names: a folder of `tabtpm attest`, what tpm2-tools write, and the rest. */
import { EVIDENCE_FILES, readCertificateFile } from "../../src/index.ts";
import { verifierWords } from "../words/verifier.ts";

const MAX_FILES = 64;
const MAX_SIZE = 16 * 1024 * 1024;

type Part = "quote" | "signature" | "pcrs" | "ak" | "ek" | "ekCertificate" | "log" | "ima";
export type EvidenceFiles = Partial<Readonly<Record<Part, Uint8Array>>>;

export interface SortedFiles {
  readonly evidence: EvidenceFiles | null;
  /** JSON. */
  readonly policy: string | null;
  /** Messages of an attester's. */
  readonly messages: readonly string[];
  /** DER. */
  readonly roots: readonly Uint8Array[];
}

const { eventLog, ...rest } = EVIDENCE_FILES;
/** Names of `tabtpm attest`, and Linux' own. */
const PARTS: ReadonlyMap<string, Part> = new Map<string, Part>([
  ...Object.entries(rest).map(([part, name]) => [name as string, part as Part] as const),
  [eventLog, "log"],
  ["binary_bios_measurements", "log"],
  ["ascii_runtime_measurements", "ima"],
  ["binary_runtime_measurements", "ima"],
]);

/** @throws Error that says which file nobody knows what to do with */
export async function sortFiles(files: readonly File[]): Promise<SortedFiles> {
  const { problems } = verifierWords();
  if (files.length > MAX_FILES) throw new Error(problems.manyFiles(MAX_FILES));
  const evidence: Partial<Record<Part, Uint8Array>> = {};
  const messages: string[] = [];
  const roots: Uint8Array[] = [];
  let policy: string | null = null;
  for (const file of files) {
    if (file.size > MAX_SIZE) throw new Error(problems.largeFile(file.name, MAX_SIZE / 1024 / 1024));
    const octets = new Uint8Array(await file.arrayBuffer());
    const part = PARTS.get(file.name);
    if (part !== undefined) evidence[part] = octets;
    else if (file.name.endsWith(".pem")) roots.push(...readCertificateFile(octets));
    else if (file.name.endsWith(".json")) {
      const text = new TextDecoder().decode(octets);
      if (/^\s*\{\s*"tabtpmPolicy"/.test(text)) policy = text;
      else messages.push(text);
    } else throw new Error(problems.unknownFile(file.name));
  }
  return { evidence: Object.keys(evidence).length === 0 ? null : evidence, policy, messages, roots };
}
