import type { BootComparison, PcrStep } from "../../src/index.ts";
import { stepTitle } from "../panels/history/explain.ts";
import { demoWords } from "../words/demos.ts";
import { SHA256 } from "./engine/witness.ts";
import { shortHex } from "./shortHex.ts";

const IMA_PCR = 10;

/** The first event that differs, beside the good one. */
export function Difference({ comparison }: { comparison: BootComparison }) {
  const { compare } = demoWords().evilMaid;
  const { first, pcrs } = comparison;
  if (first === null) return null;
  const { rows, difference } = pcrs[first]!;
  const differing = rows.slice(difference?.row ?? rows.length);
  const later = differing.find((row) => row.later !== null)?.later ?? null;
  // A step more has nothing beside it: what follows is in both.
  const isAdded = difference?.kind === "added" || difference?.kind === "longer";
  const earlier = isAdded ? null : (differing.find((row) => row.earlier !== null)?.earlier ?? null);
  const others = pcrs.filter(({ pcr, difference: its }) => its !== null && pcr !== first).map(({ pcr }) => pcr);
  return (
    <section class="demo-difference" data-first={first} aria-label={compare.title(first)}>
      <h5>{compare.title(first)}</h5>
      <dl>
        <dt>{compare.good}</dt>
        <dd>
          <Event step={earlier} />
        </dd>
        <dt>{compare.now}</dt>
        <dd data-now="">
          <Event step={later} />
        </dd>
      </dl>
      {others.includes(IMA_PCR) && <p class="hint">{compare.also(others.join(", "))}</p>}
    </section>
  );
}

function Event({ step }: { step: PcrStep | null }) {
  const { compare } = demoWords().evilMaid;
  if (step === null) return <>{compare.nothing}</>;
  const digest = step.digests.find(({ algorithm }) => algorithm === SHA256)?.digest;
  return (
    <>
      <span class="event">{stepTitle(step)}</span>
      {digest !== undefined && <code>{compare.digest(shortHex(digest))}</code>}
    </>
  );
}
