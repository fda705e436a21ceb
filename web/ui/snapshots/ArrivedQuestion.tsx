import type { SnapshotsActions, SnapshotsState } from "../../state/snapshots.ts";
import { snapshotWords } from "../../words/snapshots.ts";
import { ProblemLine } from "./Problem.tsx";
import { timeOf } from "./SnapshotList.tsx";

interface ArrivedQuestionProps {
  readonly arrived: NonNullable<SnapshotsState["arrived"]>;
  readonly problem: SnapshotsState["problem"];
  readonly onRefuse: () => void;
  readonly onChoice: (place: Parameters<SnapshotsActions["takeIn"]>[0]) => void;
}

/** What a file is, before it is taken in, and where to with it. */
export function ArrivedQuestion({ arrived, problem, onRefuse, onChoice }: ArrivedQuestionProps) {
  const say = snapshotWords();
  const { origin, name, savedAt } = arrived;
  return (
    <div data-arrived={origin}>
      <p>{say.arrived[origin](name, timeOf(savedAt))}</p>
      <p class="hint">{say.arrivedOwnHint}</p>
      <p class="hint">{say.arrivedHereHint}</p>
      <ProblemLine problem={problem} />
      <div class="choices">
        <button type="button" onClick={onRefuse}>
          {say.arrivedRefuse}
        </button>
        <button type="button" onClick={() => onChoice("here")}>
          {say.arrivedHere}
        </button>
        <button type="button" class="primary" onClick={() => onChoice("own")}>
          {say.arrivedOwn}
        </button>
      </div>
    </div>
  );
}
