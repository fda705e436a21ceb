import type { ChoiceKind, Problem } from "../state/model.ts";
import { ChipIcon } from "./ChipIcon.tsx";

/** Takes the workbench's place when the PC cannot run: what is wrong, and what to do. */
export function ProblemPage({ problem, onChoice }: { problem: Problem; onChoice: (choice: ChoiceKind) => void }) {
  return (
    <main class="problem" aria-live="assertive" data-problem={problem.kind}>
      <article>
        <ChipIcon />
        <h2>{problem.title}</h2>
        {problem.paragraphs.map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
        {problem.choices.length > 0 && (
          <div class="choices">
            {problem.choices.map(({ kind, label, primary }) => (
              <button
                key={kind}
                type="button"
                class={primary ? "primary" : undefined}
                data-choice={kind}
                onClick={() => onChoice(kind)}
              >
                {label}
              </button>
            ))}
          </div>
        )}
        {problem.detail !== undefined && (
          <details>
            <summary>Technical details</summary>
            <pre>{problem.detail}</pre>
          </details>
        )}
      </article>
    </main>
  );
}
