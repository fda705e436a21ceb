import type { SnapshotsProblem } from "../../state/snapshots.ts";
import { snapshotWords } from "../../words/snapshots.ts";

/** Why something was not done, and what to do. */
export function ProblemLine({ problem }: { problem: SnapshotsProblem | null }) {
  if (problem === null) return null;
  const sentence = snapshotWords().problems[problem.kind];
  return (
    <p class="wrong" role="alert" data-problem-kind={problem.kind}>
      {typeof sentence === "string" ? sentence : sentence(problem.reason)}
    </p>
  );
}
