import type { ChoiceKind, Problem } from "../state/model.ts";
import { words } from "../words/index.ts";
import { ChipIcon } from "./ChipIcon.tsx";

/** Takes the workbench's place when the PC cannot run: what is wrong, and what to do. */
export function ProblemPage({ problem, onChoice }: { problem: Problem; onChoice: (choice: ChoiceKind) => void }) {
  const { kinds, choices } = words().problems;
  const { title, paragraphs } = kinds[problem.kind];
  const label = (kind: ChoiceKind) =>
    kind === "take-over" && problem.kind === "taken-over" ? choices["use-here"] : choices[kind];
  return (
    <main class="problem" aria-live="assertive" data-problem={problem.kind}>
      <article>
        <ChipIcon />
        <h2>{title}</h2>
        {paragraphs(problem.message).map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
        {problem.choices.length > 0 && (
          <div class="choices">
            {problem.choices.map(({ kind, primary }) => (
              <button
                key={kind}
                type="button"
                class={primary ? "primary" : undefined}
                data-choice={kind}
                onClick={() => onChoice(kind)}
              >
                {label(kind)}
              </button>
            ))}
          </div>
        )}
        {problem.detail !== undefined && (
          <details>
            <summary>{words().common.technicalDetails}</summary>
            <pre>{problem.detail}</pre>
          </details>
        )}
      </article>
    </main>
  );
}
