import type { MovedOnChoice, SnapshotLoss } from "../../state/snapshots.ts";
import { snapshotWords } from "../../words/snapshots.ts";

interface MovedQuestionProps {
  readonly lost: SnapshotLoss;
  readonly onRefuse: () => void;
  readonly onChoice: (choice: MovedOnChoice) => void;
}

/** What the TPM would lose, and the three ways on. */
export function MovedQuestion({ lost, onRefuse, onChoice }: MovedQuestionProps) {
  const say = snapshotWords();
  const named = (handles: readonly string[], words: (handles: string) => string) =>
    handles.length === 0 ? [] : [words(handles.join(", "))];
  const losses = [
    ...(lost.otherTpm ? [say.movedOther] : []),
    ...named(lost.keys, say.movedKeys),
    ...named(lost.nvIndices, say.movedIndices),
    ...named(lost.counters, say.movedCounters),
    ...(lost.resets > 0 ? [say.movedResets(lost.resets)] : []),
    ...(lost.settings ? [say.movedSettings] : []),
  ];
  return (
    <div data-moved="">
      <p>{say.movedLead}</p>
      <ul>
        {losses.map((loss) => (
          <li key={loss}>{loss}</li>
        ))}
      </ul>
      <p>{say.movedKept}</p>
      <p class="hint">{say.cloneHint}</p>
      <div class="choices">
        <button type="button" onClick={onRefuse}>
          {say.refuse}
        </button>
        <button type="button" onClick={() => onChoice("clone")}>
          {say.clone}
        </button>
        <button type="button" class="danger" onClick={() => onChoice("rollback")}>
          {say.rollback}
        </button>
      </div>
    </div>
  );
}
