/** What the dialog shows of one PCR, computed from the boots. */
import { useEffect, useState } from "preact/hooks";
import {
  type BootComparison,
  type BootRecord,
  type ChainEntry,
  compareBoots,
  type DifferenceKind,
  type PcrStep,
  traceChain,
} from "../../../src/index.ts";

export interface ViewRow {
  /** Its number in its boot's chain, from 0. */
  readonly number: number;
  readonly entry: ChainEntry;
  /** In both boots, in this one only, in the other one only. */
  readonly mark: "same" | "here" | "there";
  readonly isFirst: boolean;
}

/**
 * - `verified`: the steps give the TPM's value. `behind`: they did so some steps ago, and it was not read since.
 * - `omitted`: not all steps were kept. `no hash`: nothing can be computed in this bank. `unread`: no value to compare.
 */
export type Verdict =
  | { readonly kind: "verified" | "wrong" | "no hash" | "unread" }
  | { readonly kind: "behind" | "omitted"; readonly count: number };

export interface ChainView {
  readonly pcr: number;
  readonly algorithm: number;
  readonly rows: readonly ViewRow[];
  readonly verdict: Verdict;
  readonly comparison: BootComparison | null;
  /** Where the PCR differs first: what this boot has there, and what the other one has. */
  readonly difference: {
    readonly kind: DifferenceKind;
    readonly here: PcrStep | null;
    readonly there: PcrStep | null;
  } | null;
}

/** The view of the chosen PCR; the one before while it is computed, so that nothing blinks. Null at first. */
export function useChainView(
  present: BootRecord | null,
  other: BootRecord | null,
  algorithm: number,
  pcr: number,
): ChainView | null {
  const [view, setView] = useState<ChainView | null>(null);
  useEffect(() => {
    let isWanted = true;
    if (present !== null) {
      void makeView(present, other, algorithm, pcr).then((made) => {
        if (isWanted) setView(made);
      });
    }
    return () => {
      isWanted = false;
    };
  }, [present, other, algorithm, pcr]);
  return view;
}

async function makeView(
  present: BootRecord,
  other: BootRecord | null,
  algorithm: number,
  pcr: number,
): Promise<ChainView> {
  const chain = await traceChain(present.steps, algorithm, pcr);
  const verdict = verdictOn(present, chain, algorithm, pcr);
  const all = { pcr, algorithm, verdict };
  const plain = (entry: ChainEntry, number: number): ViewRow => ({ number, entry, mark: "same", isFirst: false });
  if (other === null) return { ...all, rows: chain.map(plain), comparison: null, difference: null };
  const comparison = compareBoots(other, present);
  const otherChain = await traceChain(other.steps, algorithm, pcr);
  const here = new Map(chain.map((entry, number) => [entry.step, { entry, number }]));
  const there = new Map(otherChain.map((entry, number) => [entry.step, { entry, number }]));
  const { rows, difference } = comparison.pcrs[pcr]!;
  const compared = rows.flatMap(({ earlier, later }, index): ViewRow[] => {
    const found = later === null ? there.get(earlier!) : here.get(later);
    const mark = later === null ? "there" : earlier === null ? "here" : "same";
    // What extended other banks only has no row in this one.
    return found === undefined ? [] : [{ ...found, mark, isFirst: index === difference?.row }];
  });
  // Before a reset that both have, nothing is compared: it no longer counts.
  const begin = compared.find(({ mark }) => mark !== "there")?.number ?? 0;
  const differing = difference === null ? [] : rows.slice(difference.row);
  return {
    ...all,
    rows: [...chain.slice(0, begin).map(plain), ...compared],
    comparison,
    difference: difference && {
      kind: difference.kind,
      here: differing.find(({ later }) => later !== null)?.later ?? null,
      there: differing.find(({ earlier }) => earlier !== null)?.earlier ?? null,
    },
  };
}

function verdictOn(present: BootRecord, chain: readonly ChainEntry[], algorithm: number, pcr: number): Verdict {
  const omitted = present.omitted.get(pcr) ?? 0;
  if (omitted > 0) return { kind: "omitted", count: omitted };
  const value = present.banks.find((bank) => bank.algorithm === algorithm)?.values[pcr] ?? null;
  if (value === null) return { kind: "unread" };
  const reached = chain.findLastIndex(({ after }) => after === value);
  if (reached >= 0 && reached === chain.length - 1) return { kind: "verified" };
  if (reached >= 0) return { kind: "behind", count: chain.length - 1 - reached };
  return { kind: chain.some(({ after, digest }) => digest !== null && after === null) ? "no hash" : "wrong" };
}
