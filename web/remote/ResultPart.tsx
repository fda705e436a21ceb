import { useEffect, useRef } from "preact/hooks";
import { verifierWords } from "../words/verifier.ts";
import { Details, FindingTree } from "./FindingTree.tsx";
import { reasonsOf } from "./findings.ts";
import type { Result } from "./verifier.ts";

/** The verdict with what it rests on, and the whole tree. */
export function ResultPart({ result, onLearn }: { result: Result | null; onLearn: () => void }) {
  const { result: words, checks } = verifierWords();
  const learned = useRef<HTMLParagraphElement>(null);
  const isLearned = result?.isLearned === true;
  // The button that had the focus is gone.
  useEffect(() => {
    if (isLearned && document.activeElement === document.body) learned.current?.focus();
  }, [isLearned]);
  if (result === null) {
    return (
      <section aria-labelledby="verifier-result" data-result="none">
        <h2 id="verifier-result">{words.title}</h2>
        <p>{words.none}</p>
      </section>
    );
  }
  const { finding, learnable } = result;
  return (
    <section aria-labelledby="verifier-result" data-result={finding.verdict}>
      <h2 id="verifier-result">{words.title}</h2>
      <p class="overall" role="status" data-verdict={finding.verdict}>
        {words.verdicts[finding.verdict]}
      </p>
      <p>{words.explanations[finding.verdict]}</p>
      <ul class="reasons">
        {reasonsOf(finding).map((reason) => (
          <li key={reason.check} data-reason={reason.check}>
            <strong>{checks[reason.check] ?? reason.check}</strong>
            <Details finding={reason} />
          </li>
        ))}
      </ul>
      {learnable !== null && (
        <div class="learn-boot">
          <button type="button" class="primary" onClick={onLearn}>
            {words.learn}
          </button>
          <p class="hint">{words.learnText}</p>
        </div>
      )}
      {isLearned && (
        <p class="learned" tabIndex={-1} ref={learned}>
          {words.learned}
        </p>
      )}
      <h3>{words.tree}</h3>
      <FindingTree finding={finding} />
    </section>
  );
}
