import type { KeepProblem } from "../state/model.ts";
import { words } from "../words/index.ts";

/** A new release is offered, and never taken by itself. */
export function UpdateNote(props: { onTake: () => void; onPostpone: () => void }) {
  const { update } = words().offline;
  return (
    <section class="notice" role="status" data-notice="update">
      <div class="words">
        <h2>{update.title}</h2>
        <p>{update.explanation}</p>
      </div>
      <button type="button" class="primary" onClick={props.onTake}>
        {update.take}
      </button>
      <button type="button" onClick={props.onPostpone}>
        {update.later}
      </button>
    </section>
  );
}

/** @param props.isKept a release before is kept, and goes on. */
export function KeepProblemNote(props: { what: KeepProblem; isKept: boolean; onDismiss: () => void }) {
  const { problems } = words().offline;
  const { problem, file } = props.what;
  return (
    <section class="notice" role="status" data-notice="not-kept">
      <div class="words">
        <h2>{props.isKept ? problems.oldKept : problems.notKept}</h2>
        <p>{problems.reasons[problem](file === "" ? problems.page : file)}</p>
        <p>{problems.goesOn}</p>
      </div>
      <button type="button" onClick={props.onDismiss}>
        {words().common.dismiss}
      </button>
    </section>
  );
}
