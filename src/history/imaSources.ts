/** Puts IMA's entries beside what was extended. A module of its own: few boots are looked at with their list. */
import { type ImaEntry, imaDigest } from "../attest/ima/index.ts";
import { type HashFunction, webCryptoHash } from "../firmware/eventLogReplay.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { agree, type JoinedSteps, Steps } from "./sources.ts";
import { type PcrStep, type StepDigest, toHex } from "./steps.ts";

/** Characters of a file's path that are kept. */
const MAX_NAME = 500;

/**
 * @param steps that no event of the firmware's belongs to are looked through.
 * @param entries of IMA's list from its beginning.
 */
export async function joinIma(
  steps: readonly PcrStep[],
  entries: readonly ImaEntry[],
  hash: HashFunction = webCryptoHash,
): Promise<JoinedSteps> {
  const joined = [...steps];
  const left = new Steps(steps);
  const unextended: number[] = [];
  const algorithms = new Set(steps.flatMap(({ digests }) => digests.map(({ algorithm }) => algorithm)));
  for (const [index, entry] of entries.entries()) {
    const computed = await digestsOf(entry, algorithms, hash);
    const at = left.take(entry.pcr, (position) => agree(steps[position]!.digests, claims(entry, computed)));
    if (at === undefined) {
      unextended.push(index);
      continue;
    }
    const { template, fileDigest } = entry;
    const name = entry.name.length > MAX_NAME ? `${entry.name.slice(0, MAX_NAME)}…` : entry.name;
    const proven = steps[at]!.digests.every(({ algorithm }) => (computed.get(algorithm) ?? null) !== null);
    joined[at] = { ...steps[at]!, source: { kind: "ima", index, template, fileDigest, name, proven } };
  }
  return { steps: joined, unextended };
}

/** By hash function and entry: a boot is joined again with every step that it makes, and its list stays the same but for its end. */
const known = new WeakMap<HashFunction, WeakMap<ImaEntry, Map<number, string | null>>>();

async function digestsOf(entry: ImaEntry, algorithms: ReadonlySet<number>, hash: HashFunction) {
  const ofEntries = known.get(hash) ?? new WeakMap<ImaEntry, Map<number, string | null>>();
  known.set(hash, ofEntries);
  const digests = ofEntries.get(entry) ?? new Map<number, string | null>();
  ofEntries.set(entry, digests);
  for (const algorithm of algorithms) {
    if (digests.has(algorithm)) continue;
    const digest = await imaDigest(entry, algorithm, hash);
    digests.set(algorithm, digest && toHex(digest));
  }
  return digests;
}

/** What the entry says that was extended: computed from its text, or else the SHA-1 digest that stands in it. */
function claims(entry: ImaEntry, computed: ReadonlyMap<number, string | null>): StepDigest[] {
  const own = [...computed].flatMap(([algorithm, digest]) => (digest === null ? [] : [{ algorithm, digest }]));
  return own.length > 0 ? own : [{ algorithm: TPM_ALG.TPM_ALG_SHA1, digest: entry.templateHash }];
}
