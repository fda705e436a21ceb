/**
 * IMA's list held against quoted PCRs. The list comes from whoever is to be attested, and grows while it is read: what stands
 * in it behind the quoted value is bound by nothing, and so are the fields of a violation, which extends all ones.
 */
import { concat } from "../../engine/bytes.ts";
import { HASH_ALGORITHMS, hashName } from "../../firmware/eventLog.ts";
import { extendedValue, type HashFunction, webCryptoHash } from "../../firmware/eventLogReplay.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { BOUND_BY_NO_DIGEST } from "../eventFields.ts";
import type { QuotedPcrs } from "../eventLogEvidence.ts";
import { type Finding, finding, group, verdictOf } from "../finding.ts";
import { equal, toHex } from "../octets.ts";
import { parseImaLog } from "./ascii.ts";
import { isBinaryList, parseBinaryImaLog } from "./binary.ts";
import { digestAlgorithm, imaDigest, paddedDigest } from "./digest.ts";
import { type ImaEntry, type ImaLog, ImaLogError, isViolation, VERIFIED_LIMITS } from "./entry.ts";

export interface ImaEvidence {
  readonly finding: Finding;
  /** Entries that the quoted values bind, in their order. Of a violation nothing but that there was one. */
  readonly entries: readonly ImaEntry[];
  /** PCRs whose quoted value the list accounts for. */
  readonly accepted: ReadonlySet<number>;
  /** Whether the first entry is of the quoted PCRs of the boot. */
  readonly bootAggregate: Finding;
}

/** How the kernel makes a digest of an entry for a bank. */
type Digests = (entry: ImaEntry) => Promise<Uint8Array | null> | Uint8Array | null;

/** Findings of single entries that are listed. */
const MAX_LISTED = 100;
const BOOT_AGGREGATE = "boot_aggregate";

/** @throws ImaLogError for a list in neither of its forms. */
function readImaList(list: Uint8Array): ImaLog {
  return isBinaryList(list) ? parseBinaryImaLog(list, VERIFIED_LIMITS) : parseImaLog(list, VERIFIED_LIMITS);
}

/**
 * @param list in ASCII or binary.
 * @param bank TPM_ALG_ID of the bank that the list is replayed in.
 * @param start values that PCRs have before IMA extends them, where a firmware's log extends them first.
 */
export async function checkIma(
  list: Uint8Array,
  quoted: QuotedPcrs,
  bank: number,
  start: ReadonlyMap<number, Uint8Array> = new Map(),
  hash: HashFunction = webCryptoHash,
): Promise<ImaEvidence> {
  let log: ImaLog;
  try {
    log = readImaList(list);
  } catch (error) {
    if (!(error instanceof ImaLogError)) throw error;
    const problem = finding("ima.list", "bad", { expected: "a list of IMA's measurements", seen: error.message });
    const bootAggregate = finding("ima.bootAggregate", "unknown", { note: "There is no list that can be read." });
    return {
      finding: group("ima", [problem]),
      entries: [],
      accepted: new Set(),
      bootAggregate,
    };
  }
  const values = quoted.get(bank) ?? new Map<number, Uint8Array>();
  const pcrs = [...new Set(log.entries.map(({ pcr }) => pcr))].sort((a, b) => a - b);
  const replays: Replay[] = [];
  for (const pcr of pcrs) {
    const value = values.get(pcr);
    if (value !== undefined) replays.push(await replayPcr(log, pcr, value, start.get(pcr), bank, hash));
  }
  const covered = new Set(replays.flatMap((replay) => replay.covered));
  const entries = log.entries.filter((entry) => covered.has(entry));
  const unquoted = pcrs.filter((pcr) => !values.has(pcr));
  const bootAggregate = await checkBootAggregate(entries, quoted, hash);
  const findings = [
    finding("ima.list", "good", {
      expected: "a list of IMA's measurements",
      seen: `${log.entries.length} entries`,
      note: log.isCut ? "It ends within an entry, which is left out." : null,
    }),
    ...replays.map((replay) => replay.finding),
  ];
  return {
    finding: finding("ima", replays.length === 0 ? "unknown" : verdictOf(findings), {
      expected: `what extended the quoted PCRs of the bank ${hashName(bank)}`,
      seen: replays.length === 0 ? "no quoted PCR that the list extends" : null,
      note:
        unquoted.length === 0
          ? null
          : `Entries of PCR ${unquoted.join(", ")} are ${BOUND_BY_NO_DIGEST}: the quote leaves these out.`,
      findings,
    }),
    entries,
    accepted: new Set(replays.filter(({ finding: { verdict } }) => verdict === "good").map(({ pcr }) => pcr)),
    bootAggregate,
  };
}

interface Replay {
  readonly pcr: number;
  readonly finding: Finding;
  readonly covered: readonly ImaEntry[];
}

async function replayPcr(
  log: ImaLog,
  pcr: number,
  quoted: Uint8Array,
  start: Uint8Array | undefined,
  bank: number,
  hash: HashFunction,
): Promise<Replay> {
  const own = log.entries.filter((entry) => entry.pcr === pcr);
  const first = start ?? new Uint8Array(HASH_ALGORITHMS.get(bank)?.size ?? quoted.length);
  const ways: [string, Digests][] = [
    [`each entry is hashed with ${hashName(bank)}`, (entry) => imaDigest(entry, bank, hash, log.isBigEndian)],
    ["each entry's SHA-1 digest is filled up, as before Linux 5.8", (entry) => paddedDigest(entry, bank)],
  ];
  const check = `ima.pcr.${pcr}`;
  let last: string | null = null;
  for (const [way, digests] of ways) {
    const { count, value } = await replayUntil(own, first, quoted, digests, bank, hash);
    last ??= value === null ? null : toHex(value);
    if (count === null) continue;
    const covered = own.slice(0, count);
    const entries = await checkEntries(covered, log.isBigEndian, hash);
    const notes = [`${count} of ${own.length} entries make the quoted value; ${way}.`];
    if (count < own.length)
      notes.push(`The ${own.length - count} behind them came after the quote: they are ${BOUND_BY_NO_DIGEST}.`);
    const violations = covered.filter(isViolation).length;
    if (violations > 0)
      notes.push(
        `Of ${violations} violations nothing but their number is bound: their fields are ${BOUND_BY_NO_DIGEST}.`,
      );
    const verdict = count === 0 ? "unknown" : verdictOf([{ verdict: "good" }, ...entries]);
    const details = { expected: toHex(quoted), seen: toHex(quoted), note: notes.join(" "), findings: entries };
    return { pcr, covered, finding: finding(check, verdict, details) };
  }
  const note =
    last === null
      ? `There is no ${hashName(bank)} here to replay the list with, or a template that is not known.`
      : "Nowhere in the list is the value the quoted one: entries were changed, left out, added or put in another order.";
  const verdict = last === null ? "unknown" : "bad";
  return { pcr, covered: [], finding: finding(check, verdict, { expected: toHex(quoted), seen: last, note }) };
}

/** @returns how many entries come to the quoted value, and the last value that was computed; null each where there is none. */
async function replayUntil(
  entries: readonly ImaEntry[],
  start: Uint8Array,
  quoted: Uint8Array,
  digests: Digests,
  bank: number,
  hash: HashFunction,
): Promise<{ count: number | null; value: Uint8Array | null }> {
  let value = start;
  if (equal(value, quoted)) return { count: 0, value };
  for (const [index, entry] of entries.entries()) {
    const digest = await digests(entry);
    const extended = digest === null ? null : await extendedValue(bank, value, digest, hash);
    if (extended === null) return { count: null, value: null };
    value = extended;
    if (equal(value, quoted)) return { count: index + 1, value };
  }
  return { count: null, value };
}

/** Whether each entry has the digest that stands before it: the finding of the first that have not. */
async function checkEntries(
  entries: readonly ImaEntry[],
  isBigEndian: boolean,
  hash: HashFunction,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [index, entry] of entries.entries()) {
    if (isViolation(entry)) continue;
    const algorithm = digestAlgorithm(entry);
    const digest = algorithm === null ? null : await imaDigest(entry, algorithm, hash, isBigEndian);
    if (digest !== null && toHex(digest) === entry.templateHash) continue;
    const details =
      digest === null
        ? {
            note: `Its fields are ${BOUND_BY_NO_DIGEST} that can be computed: the template “${entry.template}” is not known here, or not filled as it should be.`,
          }
        : { expected: toHex(digest), note: "The digest in the list is not of the entry's fields." };
    findings.push(
      finding(`ima.entry.${index}`, digest === null ? "unknown" : "bad", {
        seen: `${entry.templateHash} ${entry.template} ${entry.name}`,
        ...details,
      }),
    );
    if (findings.length === MAX_LISTED) break;
  }
  return findings;
}

/** Hash names of the kernel's that can be told from a bank. */
const KERNEL_HASHES = new Map<string, number>([
  ["sha1", TPM_ALG.TPM_ALG_SHA1],
  ["sha256", TPM_ALG.TPM_ALG_SHA256],
  ["sha384", TPM_ALG.TPM_ALG_SHA384],
  ["sha512", TPM_ALG.TPM_ALG_SHA512],
  ["sm3", TPM_ALG.TPM_ALG_SM3_256],
  ["sm3-256", TPM_ALG.TPM_ALG_SM3_256],
]);

/** The first entry: the hash of PCR 0 to 9 of its bank; of SHA-1, and before Linux 5.8, of PCR 0 to 7. */
async function checkBootAggregate(
  entries: readonly ImaEntry[],
  quoted: QuotedPcrs,
  hash: HashFunction,
): Promise<Finding> {
  const check = "ima.bootAggregate";
  const expected = "the digest of the quoted PCRs 0 to 9, or 0 to 7, in the first entry";
  const [entry] = entries;
  if (entry === undefined || entry.name !== BOOT_AGGREGATE || isViolation(entry)) {
    return finding(check, "unknown", {
      expected,
      seen: entry === undefined ? "no entry" : `an entry of ${entry.name}`,
    });
  }
  const { fileDigest } = entry;
  // The oldest template does not name its hash, which is SHA-1.
  const [name, digest] = fileDigest.includes(":") ? fileDigest.split(":") : ["sha1", fileDigest];
  const algorithm = KERNEL_HASHES.get(name!);
  const bank = algorithm === undefined ? undefined : quoted.get(algorithm);
  const from = (count: number) => {
    const values = Array.from({ length: count }, (_, pcr) => bank?.get(pcr));
    return values.every((value) => value !== undefined) ? concat(...values) : null;
  };
  let compared = 0;
  for (const count of algorithm === TPM_ALG.TPM_ALG_SHA1 ? [8] : [10, 8]) {
    const values = from(count);
    const computed = values === null ? null : await hash(algorithm!, values);
    if (computed === null) continue;
    compared++;
    if (toHex(computed) === digest)
      return finding(check, "good", { expected, seen: `${fileDigest}, of PCR 0 to ${count - 1}` });
  }
  const note = `The quote has not all of PCR 0 to 9 in the bank ${name}.`;
  // With PCR 0 to 7 alone the newer form can't be told from a wrong one.
  const isKnown = compared > 0 && (algorithm === TPM_ALG.TPM_ALG_SHA1 || from(10) !== null);
  return isKnown
    ? finding(check, "bad", {
        expected,
        seen: fileDigest,
        note: "The list is of another boot, or PCRs were extended since.",
      })
    : finding(check, "unknown", { expected, seen: fileDigest, note });
}
