/** What `tabtpm attest` is asked for. */
import type { AkKind } from "../../attest/attester.ts";
import { algorithmName } from "../../attest/digest.ts";
import { EVIDENCE_FILES } from "../../attest/evidenceFiles.ts";
import type { PcrSelection } from "../../client/index.ts";
import { PCR_COUNT } from "../../firmware/eventLog.ts";
import { type AlgorithmRow, algorithms } from "../../spec/algorithms.ts";
import { UsageError } from "../errors.ts";
import { parseHex, parseTable } from "../parse.ts";
import { attestRows } from "./optionTable.ts";
import { parseTcti, type Tcti } from "./tcti.ts";

export interface AttestCommand {
  readonly tcti: Tcti;
  /** The folder; undefined where only a credential is opened. */
  readonly to: string | undefined;
  readonly nonce: Uint8Array | undefined;
  /** Undefined: all PCRs of SHA-256, or else of the strongest bank. An empty list of PCRs stands for all of its bank. */
  readonly pcrs: readonly PcrSelection[] | undefined;
  readonly log: string | undefined;
  readonly ima: string | undefined;
  readonly credential: string | undefined;
  readonly key: AkKind;
  readonly ek: string | undefined;
  readonly endorsementAuth: string | undefined;
}

/** Octets of the largest digest: what every TPM takes. */
const MAX_NONCE = 64;

/** @returns undefined when help is asked for. @throws UsageError */
export function parseAttestOptions(argv: readonly string[]): AttestCommand | undefined {
  const { text, isGiven } = parseTable("attest", argv, attestRows, ["endorsement-auth"]);
  if (isGiven("help")) return undefined;
  const [tcti, to, credential, nonce] = [text("tcti"), text("to"), text("credential"), text("nonce")];
  if (tcti === undefined) throw new UsageError("--tcti says where the TPM is. See tabtpm attest --help.");
  if (to === undefined && credential === undefined)
    throw new UsageError(`--to DIR is missing, the folder for ${EVIDENCE_FILES.quote} and the rest.`);
  if (to !== undefined && credential !== undefined)
    throw new UsageError("--credential prints a secret and writes no folder: leave --to out.");
  const [pcrs, log, ima] = [text("pcrs"), text("log"), text("ima")];
  if (nonce === undefined && (pcrs ?? log ?? ima) !== undefined)
    throw new UsageError("--pcrs, --log and --ima go with a quote, which needs the verifier's --nonce.");
  if (nonce !== undefined && to === undefined) throw new UsageError("--nonce goes with a quote, which needs --to DIR.");
  const key = text("key") ?? "ecc";
  if (key !== "ecc" && key !== "rsa") throw new UsageError(`--key is ecc or rsa; there is no "${key}".`);
  return {
    tcti: parseTcti(tcti),
    to,
    nonce: nonce === undefined ? undefined : parseHex("nonce", nonce, MAX_NONCE),
    pcrs: pcrs === undefined ? undefined : parsePcrs(pcrs),
    log,
    ima,
    credential,
    key,
    ek: text("ek"),
    endorsementAuth: text("endorsement-auth"),
  };
}

/** "sha256:0,1,2+sha1:all", as tpm2-tools take it. @throws UsageError */
export function parsePcrs(text: string): PcrSelection[] {
  const hashes = Object.values<AlgorithmRow>(algorithms).filter(({ digest }) => digest !== undefined);
  return text.split("+").map((bank) => {
    const [, name = "", list = ""] = /^([a-z0-9_]+):(all|\d+(?:,\d+)*)$/.exec(bank) ?? [];
    const algorithm = hashes.find(({ id }) => algorithmName(id) === name)?.id;
    if (algorithm === undefined)
      throw new UsageError(`--pcrs needs banks such as sha256:0,1,2+sha1:all; "${bank}" is none.`);
    if (list === "all") return { algorithm, pcrs: [] };
    const pcrs = [...new Set(list.split(",").map(Number))].sort((a, b) => a - b);
    const wrong = pcrs.find((pcr) => pcr >= PCR_COUNT);
    if (wrong !== undefined) throw new UsageError(`--pcrs: there are PCRs 0 to ${PCR_COUNT - 1}, and no ${wrong}.`);
    return { algorithm, pcrs };
  });
}
