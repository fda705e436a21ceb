import type { BootComparison } from "../../../src/index.ts";
import { historyDialogWords } from "../../words/historyDialog.ts";

const PCRS = Array.from({ length: 24 }, (_, pcr) => pcr);
const STEPS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** The PCRs in a row, of which one is shown. Those that differ from the other boot are marked. Arrows lead through them. */
export function PcrChoice(props: {
  comparison: BootComparison | null;
  chosen: number;
  onChoose: (pcr: number) => void;
}) {
  const { comparison, chosen, onChoose } = props;
  const history = historyDialogWords();
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || !(event.currentTarget instanceof HTMLElement)) return;
    const next = (chosen + step + PCRS.length) % PCRS.length;
    onChoose(next);
    event.currentTarget.querySelectorAll("button")[next]?.focus();
    event.preventDefault();
  };
  return (
    <div class="pcr-choice" role="tablist" aria-label={history.pcrs} onKeyDown={onKeyDown}>
      {PCRS.map((pcr) => {
        const isDifferent = comparison?.pcrs[pcr]?.difference != null;
        const compared = comparison === null || comparison.algorithms.length === 0;
        return (
          <button
            key={pcr}
            type="button"
            role="tab"
            aria-selected={pcr === chosen}
            tabIndex={pcr === chosen ? 0 : -1}
            data-differs={isDifferent ? "" : undefined}
            title={compared ? undefined : isDifferent ? history.different : history.equal}
            onClick={() => onChoose(pcr)}
          >
            <span class="hidden-text">PCR </span>
            {pcr}
            {isDifferent && <span class="hidden-text">, {history.different}</span>}
          </button>
        );
      })}
    </div>
  );
}
