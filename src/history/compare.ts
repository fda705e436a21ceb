/** Two boots beside each other: which PCRs were made in the same way, and which step differs first, and how. */
import { concerns } from "./chain.ts";
import type { BootRecord } from "./record.ts";
import { isExtend, PCR_COUNT, type PcrStep, SAVED_PCRS } from "./steps.ts";

/**
 * - `start`: the PCR begins otherwise (the locality of TPM2_Startup, a reset, a launch).
 * - `digest`: something else was measured in this place.
 * - `added`, `missing`: the later boot has a step more, or less, in this place.
 * - `order`: both have it, in another order.
 * - `longer`, `shorter`: the same as far as both go, and the later boot goes on, or ends earlier.
 */
export type DifferenceKind = "start" | "digest" | "added" | "missing" | "order" | "longer" | "shorter";

/** A step of one boot, of the other, or the same one of both. */
export interface ComparisonRow {
  readonly earlier: PcrStep | null;
  readonly later: PcrStep | null;
}

export interface PcrComparison {
  readonly pcr: number;
  /** The steps that made the values, one under the other, from the last one that set the PCR on. */
  readonly rows: readonly ComparisonRow[];
  /** Null where the PCR was made in the same way. */
  readonly difference: {
    readonly kind: DifferenceKind;
    /** The first of {@link rows} that differs. */
    readonly row: number;
  } | null;
}

export interface BootComparison {
  /** TPM_ALG_IDs of the banks that both have, by which is compared; none: nothing can be. */
  readonly algorithms: readonly number[];
  readonly pcrs: readonly PcrComparison[];
  /** The PCR whose difference came first in the boot; null where there is none. */
  readonly first: number | null;
}

/** The banks of a boot: those that were read, or else those that were extended. */
function algorithmsOf({ banks, steps }: BootRecord): Set<number> {
  const read = banks.map(({ algorithm }) => algorithm);
  return new Set(read.length > 0 ? read : steps.flatMap(({ digests }) => digests.map((one) => one.algorithm)));
}

/** @param earlier of two boots, or what the other is held against. */
export function compareBoots(earlier: BootRecord, later: BootRecord): BootComparison {
  const others = algorithmsOf(later);
  const algorithms = [...algorithmsOf(earlier)].filter((algorithm) => others.has(algorithm)).sort((a, b) => a - b);
  const pcrs = Array.from({ length: PCR_COUNT }, (_, pcr) => comparePcr(earlier, later, pcr, algorithms));
  let first: number | null = null;
  let firstAt = Number.POSITIVE_INFINITY;
  for (const { pcr, rows, difference } of pcrs) {
    if (difference === null) continue;
    const { earlier: one, later: other } = rows[difference.row]!;
    const at = other === null ? earlier.steps.indexOf(one!) : later.steps.indexOf(other);
    if (at >= firstAt) continue;
    first = pcr;
    firstAt = at;
  }
  return { algorithms, pcrs, first };
}

/** What makes two steps the same: what they do to this PCR, and with which digests in the banks that both boots have. */
function keyOf(step: PcrStep, pcr: number, algorithms: readonly number[]): string {
  const digests = algorithms.map((bank) => step.digests.find(({ algorithm }) => algorithm === bank)?.digest ?? "");
  // By which command a PCR was extended makes no difference to it.
  if (isExtend(step)) return digests.join();
  // TPM2_Startup leaves its locality in PCR 0 alone.
  return `${step.kind} ${pcr === 0 ? step.locality : ""} ${step.pcr === pcr ? digests.join() : ""}`;
}

/** The steps that make the present value: from the last one that set it on. */
function effective({ steps }: BootRecord, pcr: number, algorithms: readonly number[]): PcrStep[] {
  const all = steps.filter((step) => algorithms.some((algorithm) => concerns(step, algorithm, pcr)));
  // An H-CRTM's measurement stands before the TPM2_Startup that leaves it in PCR 0.
  const start = all.findLastIndex((step) => !isExtend(step) && step.kind !== (pcr < SAVED_PCRS ? "resume" : ""));
  return pcr === 0 ? all : all.slice(Math.max(start, 0));
}

function comparePcr(earlier: BootRecord, later: BootRecord, pcr: number, algorithms: readonly number[]): PcrComparison {
  const [a, b] = [effective(earlier, pcr, algorithms), effective(later, pcr, algorithms)];
  const [keysA, keysB] = [a, b].map((steps) => steps.map((step) => keyOf(step, pcr, algorithms))) as [
    string[],
    string[],
  ];
  const rows = align(a, b, keysA, keysB);
  const row = rows.findIndex((one) => one.earlier === null || one.later === null);
  if (row < 0) return { pcr, rows, difference: null };
  return { pcr, rows, difference: { kind: kindOf(a, b, keysA, keysB, row), row } };
}

/** @param at where they differ first: up to there both are the same, so that it is the place in either of them. */
function kindOf(
  a: readonly PcrStep[],
  b: readonly PcrStep[],
  keysA: readonly string[],
  keysB: readonly string[],
  at: number,
): DifferenceKind {
  const [one, other] = [a[at], b[at]];
  if (one === undefined) return "longer";
  if (other === undefined) return "shorter";
  if (!isExtend(one) || !isExtend(other)) return "start";
  const comesLater = keysB.includes(keysA[at]!, at);
  const cameOtherwise = keysA.includes(keysB[at]!, at);
  if (comesLater && cameOtherwise) return "order";
  if (comesLater) return "added";
  return cameOtherwise ? "missing" : "digest";
}

/** A longest common subsequence, and what is in one only between: that of the earlier first. */
function align(
  a: readonly PcrStep[],
  b: readonly PcrStep[],
  keysA: readonly string[],
  keysB: readonly string[],
): ComparisonRow[] {
  let start = 0;
  while (start < a.length && start < b.length && keysA[start] === keysB[start]) start++;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && keysA[endA - 1] === keysB[endB - 1]) {
    endA--;
    endB--;
  }
  const width = endB - start + 1;
  // lengths[(i, j)]: of the longest common subsequence of a from i on and b from j on.
  const lengths = new Uint16Array((endA - start + 1) * width);
  const lengthAt = (i: number, j: number) => lengths[(i - start) * width + (j - start)]!;
  for (let i = endA - 1; i >= start; i--) {
    for (let j = endB - 1; j >= start; j--) {
      lengths[(i - start) * width + (j - start)] =
        keysA[i] === keysB[j] ? lengthAt(i + 1, j + 1) + 1 : Math.max(lengthAt(i + 1, j), lengthAt(i, j + 1));
    }
  }
  const rows: ComparisonRow[] = a.slice(0, start).map((step, at) => ({ earlier: step, later: b[at]! }));
  let [i, j] = [start, start];
  while (i < endA || j < endB) {
    if (i < endA && j < endB && keysA[i] === keysB[j]) rows.push({ earlier: a[i++]!, later: b[j++]! });
    else if (i < endA && (j >= endB || lengthAt(i + 1, j) >= lengthAt(i, j + 1)))
      rows.push({ earlier: a[i++]!, later: null });
    else rows.push({ earlier: null, later: b[j++]! });
  }
  for (; i < a.length; i++, j++) rows.push({ earlier: a[i]!, later: b[j]! });
  return rows;
}
