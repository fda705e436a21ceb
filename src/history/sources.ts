/** Puts what is written down beside what was extended: the firmware's event and IMA's entry of each step. */

import { type ImaEntry, imaDigest } from "../attest/ima/index.ts";
import { describeEvent } from "../firmware/description/index.ts";
import type { TcgEvent } from "../firmware/eventLog.ts";
import { type HashFunction, webCryptoHash } from "../firmware/eventLogReplay.ts";
import { EV_NO_ACTION } from "../firmware/eventTypes.ts";
import { TPM_ALG } from "../spec/algorithms.ts";
import { eventKinds } from "./eventKind.ts";
import { isExtend, type PcrStep, type StepDigest, toHex } from "./steps.ts";

export interface JoinedSteps {
  readonly steps: readonly PcrStep[];
  /** Numbers of the events, or entries, that no step of the TPM belongs to although their type asks for one. */
  readonly unextended: readonly number[];
}

/** Characters of a file's path that are kept. */
const MAX_NAME = 500;

const isMeasured = (step: PcrStep) => isExtend(step) || step.kind === "hash sequence";

/** Whether two lists name a bank in common, and the same digest in each of those. */
function agree(a: readonly StepDigest[], b: readonly StepDigest[]): boolean {
  let common = 0;
  for (const one of a) {
    const other = b.find(({ algorithm }) => algorithm === one.algorithm);
    if (other === undefined) continue;
    if (other.digest !== one.digest) return false;
    common++;
  }
  return common > 0;
}

/** The steps of each PCR in their order, each given away once. */
class Steps {
  readonly #positions = new Map<number, number[]>();
  constructor(steps: readonly PcrStep[]) {
    for (const [at, step] of steps.entries()) {
      if (step.pcr === null || !isMeasured(step) || step.source !== undefined) continue;
      const of = this.#positions.get(step.pcr);
      if (of === undefined) this.#positions.set(step.pcr, [at]);
      else of.push(at);
    }
  }

  /** The first that is left of the PCR and fits; it is taken. */
  take(pcr: number, fits: (position: number) => boolean): number | undefined {
    const positions = this.#positions.get(pcr) ?? [];
    const index = positions.findIndex(fits);
    return index < 0 ? undefined : positions.splice(index, 1)[0];
  }
}

/** @param events of a firmware's log from its beginning, as {@link readEventLog} gives them. */
export function joinEvents(steps: readonly PcrStep[], events: readonly TcgEvent[]): JoinedSteps {
  const joined = [...steps];
  const left = new Steps(steps);
  const kinds = eventKinds(events);
  const unextended: number[] = [];
  for (const [index, event] of events.entries()) {
    if (event.type === EV_NO_ACTION) continue;
    const digests = event.digests.map(({ algorithm, digest }) => ({ algorithm, digest: toHex(digest) }));
    const at = left.take(event.pcrIndex, (position) => agree(steps[position]!.digests, digests));
    if (at === undefined) {
      unextended.push(index);
      continue;
    }
    const { type } = event;
    joined[at] = {
      ...steps[at]!,
      source: { kind: "firmware", index, type, event: kinds[index]!, text: describeEvent(event) },
    };
  }
  return { steps: joined, unextended };
}

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
