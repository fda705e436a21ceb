/** A tree of findings in lines of text. */
import type { Finding } from "../../attest/finding.ts";
import { printable } from "../printable.ts";

/**
 * A line for each finding, its verdict in front, what it is made of indented below; what was expected and seen, and a note, in
 * lines of their own.
 * @param brief leaves out what is good.
 */
export function findingLines(finding: Finding, brief = false, depth = 0): string[] {
  const { check, verdict, expected, seen, note, findings } = finding;
  if (brief && verdict === "good") return [];
  const indent = "  ".repeat(depth);
  const detail = (label: string, text: string | null) =>
    text === null ? [] : [`${" ".repeat(9)}${indent}  ${label}${printable(text)}`];
  return [
    `${verdict.padEnd(8)} ${indent}${printable(check)}`,
    ...detail("expected: ", expected),
    ...detail("seen:     ", seen),
    ...detail("", note),
    ...findings.flatMap((one) => findingLines(one, brief, depth + 1)),
  ];
}
