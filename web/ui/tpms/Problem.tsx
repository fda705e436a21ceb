import type { TpmsProblem } from "../../state/tpms.ts";
import { passphraseWords } from "../../words/passphrase.ts";
import { tpmsDialogWords } from "../../words/tpmsDialog.ts";

/** As the library has it (src/store/tpmNames.ts). */
const NAME_LIMIT = 40;

/** Why something was not done, and what to do. */
export function ProblemLine({ problem }: { problem: TpmsProblem | null }) {
  return problem === null ? null : (
    <p class="wrong" role="alert" data-problem-kind={problem.kind}>
      {sentenceOf(problem)}
    </p>
  );
}

export function sentenceOf({ kind, reason }: TpmsProblem): string {
  const { problems } = tpmsDialogWords();
  switch (kind) {
    case "name": {
      const name = Object.hasOwn(problems.name, reason) ? problems.name[reason as keyof typeof problems.name] : null;
      return name === null ? problems.failed(reason) : typeof name === "string" ? name : name(NAME_LIMIT);
    }
    case "file":
      return Object.hasOwn(problems.file, reason)
        ? problems.file[reason as keyof typeof problems.file]
        : problems.failed(reason);
    case "passphrase": {
      const own = passphraseWords();
      return Object.hasOwn(own.problems, reason)
        ? own.problems[reason as keyof typeof own.problems]
        : problems.failed(reason);
    }
    case "in use":
      return problems.inUse;
    case "gone":
      return problems.gone;
    case "not loaded":
      return problems.notLoaded;
    case "failed":
      return problems.failed(reason);
  }
}
