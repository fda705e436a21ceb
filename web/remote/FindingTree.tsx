import { verifierWords } from "../words/verifier.ts";
import type { Finding } from "./findings.ts";

/** A finding with what it is made of: what is good is folded, what is not is open. What the checks say is English. */
export function FindingTree({ finding }: { finding: Finding }) {
  return (
    <ul class="findings">
      {finding.findings.map((one, at) => (
        <Node key={`${at} ${one.check}`} finding={one} />
      ))}
    </ul>
  );
}

function Node({ finding }: { finding: Finding }) {
  const { check, verdict, findings } = finding;
  const isLeaf = findings.length === 0;
  return (
    <li data-check={check} data-verdict={verdict}>
      {isLeaf ? (
        <>
          <Title finding={finding} />
          <Details finding={finding} />
        </>
      ) : (
        <details open={verdict !== "good"}>
          <summary>
            <Title finding={finding} />
          </summary>
          <Details finding={finding} />
          <FindingTree finding={finding} />
        </details>
      )}
    </li>
  );
}

function Title({ finding: { check, verdict } }: { finding: Finding }) {
  const { checks, marks } = verifierWords();
  const title = checks[check];
  return (
    <span class="finding-title">
      <span class="verdict" data-verdict={verdict}>
        {marks[verdict]}
      </span>
      {title !== undefined && <span>{title}</span>}
      <code>{check}</code>
    </span>
  );
}

/** What was asked and what was seen, and why. */
export function Details({ finding }: { finding: Pick<Finding, "expected" | "seen" | "note"> }) {
  const { result } = verifierWords();
  const { expected, seen, note } = finding;
  return (
    <>
      {(expected !== null || seen !== null) && (
        <dl>
          {expected !== null && (
            <>
              <dt>{result.expected}</dt>
              <dd>{expected}</dd>
            </>
          )}
          {seen !== null && (
            <>
              <dt>{result.seen}</dt>
              <dd>{seen}</dd>
            </>
          )}
        </dl>
      )}
      {note !== null && <p class="hint">{note}</p>}
    </>
  );
}
