/** The verifier's own findings, beside those of the library's checks. */
import { type Finding, type Verdict, verdictOf } from "../../src/index.ts";
import { verifierWords } from "../words/verifier.ts";
import type { Known } from "./known.ts";
import { type Reason, shortened } from "./messages.ts";

export type { Finding };

const MAX_REASONS = 8;

const one = (
  check: string,
  verdict: Verdict,
  expected: string | null,
  seen: string | null,
  note: string | null = null,
): Finding => ({ check, verdict, expected, seen, note, findings: [] });

/** All in one: as good as the worst of them. */
export const attestationOf = (findings: readonly Finding[]): Finding => ({
  ...one("attestation", verdictOf(findings), null, null),
  findings,
});

/** Whether it is an answer to what was asked here, for the first time. `none`: files came, and nothing was asked. */
export function checkAnswer(state: "open" | "again" | "never" | "none"): Finding {
  const { expected, seen } = verifierWords().challengeFinding;
  const verdict = state === "open" ? "good" : state === "none" ? "unknown" : "bad";
  return one("verifier.challenge", verdict, expected, seen[state]);
}

/**
 * Whether it is the EK that was shown before.
 * @param ekName of the EK that a credential was, or is to be, opened with; null where none was.
 * @returns null where none is pinned and a policy says whom to believe
 */
export function checkEk({ ekName: pinned, policy }: Known, ekName: string | null): Finding | null {
  const { first, other, none } = verifierWords().ekFinding;
  if (pinned === null) return policy === null ? one("verifier.ek", "unknown", null, ekName, first) : null;
  if (ekName === null) return one("verifier.ek", "unknown", pinned, null, none);
  const isSame = ekName === pinned;
  return one("verifier.ek", isSame ? "good" : "bad", pinned, ekName, isSame ? null : other);
}

export const unreadable = (error: unknown): Finding =>
  one("verifier.keys", "bad", verifierWords().keysExpected, error instanceof Error ? error.message : String(error));

/** What a verdict rests on: the innermost findings that are bad, or else those that are unknown. */
export function reasonsOf(finding: Finding): Reason[] {
  const leaves = (node: Finding): Finding[] =>
    node.verdict !== finding.verdict
      ? []
      : node.findings.some(({ verdict }) => verdict === node.verdict)
        ? node.findings.flatMap(leaves)
        : [node];
  return finding.verdict === "good" ? [] : leaves(finding).slice(0, MAX_REASONS).map(shortened);
}
