/** What a check has found: a tree, each node with what was expected and what was seen. */

/** Unknown is never good: whoever trusts a verdict trusts "good" alone. */
export type Verdict = "good" | "bad" | "unknown";

export interface Finding {
  /** Which check: its name, stable and in English, such as "quote.nonce". */
  readonly check: string;
  readonly verdict: Verdict;
  /** What was asked for, in words; null where nothing in particular was. */
  readonly expected: string | null;
  /** What there was, in words; null where there was nothing to see. */
  readonly seen: string | null;
  /** Why, or what a verdict does not cover; null where there is nothing to say. */
  readonly note: string | null;
  /** What it is made of. */
  readonly findings: readonly Finding[];
}

/** @returns "bad" when any is, else "unknown" when any is or there are none, else "good" */
export function verdictOf(findings: readonly Pick<Finding, "verdict">[]): Verdict {
  if (findings.some(({ verdict }) => verdict === "bad")) return "bad";
  return findings.length > 0 && findings.every(({ verdict }) => verdict === "good") ? "good" : "unknown";
}

/** A check, and what it is made of where there is something: its verdict is the caller's. */
export function finding(
  check: string,
  verdict: Verdict,
  { expected = null, seen = null, note = null, findings = [] }: Partial<Omit<Finding, "check" | "verdict">> = {},
): Finding {
  return { check, verdict, expected, seen, note, findings };
}

/** A check that is made of others: as good as the worst of them. */
export function group(check: string, findings: readonly Finding[], note: string | null = null): Finding {
  return finding(check, verdictOf(findings), { note, findings });
}
