/** The files that IMA measured, held against an allow-list. */
import { type Finding, finding, group, verdictOf } from "../finding.ts";
import { type ImaEntry, type ImaEvidence, isOfFile, isViolation } from "../ima/index.ts";
import type { ImaRule } from "./policy.ts";

/** Findings of single files that are listed. */
const MAX_LISTED = 100;

/** @returns findings `policy.ima.bootAggregate`, `.violations` and `.files`. */
export function checkImaRule(rule: ImaRule, ima: ImaEvidence | null): Finding {
  if (ima === null || ima.accepted.size === 0) {
    const note = "There is no list of IMA's measurements that accounts for a quoted PCR.";
    return finding("policy.ima", "unknown", { expected: "the files that were measured", note });
  }
  const findings = [checkViolations(rule, ima.entries), checkFiles(rule, ima.entries)];
  if (rule.bootAggregate === "compare") findings.unshift({ ...ima.bootAggregate, check: "policy.ima.bootAggregate" });
  return group("policy.ima", findings);
}

function checkViolations(rule: ImaRule, entries: readonly ImaEntry[]): Finding {
  const count = entries.filter(isViolation).length;
  return finding("policy.ima.violations", count === 0 || rule.violations === "accept" ? "good" : "bad", {
    expected: rule.violations === "accept" ? "any number of violations" : "no violation",
    seen: `${count} violations`,
    note: count === 0 ? null : "A file was open for writing while it was measured: what was in it is not known.",
  });
}

function checkFiles(rule: ImaRule, entries: readonly ImaEntry[]): Finding {
  const measured = entries.slice(isAggregate(entries[0]) ? 1 : 0).filter((entry) => !isViolation(entry));
  const findings: Finding[] = [];
  let listed = 0;
  for (const [index, entry] of measured.entries()) {
    const digests = entry.fields === null ? undefined : rule.files.get(entry.name);
    if (digests?.includes(entry.fileDigest)) {
      listed++;
      continue;
    }
    // What says nothing of a file may be of one that is on the list.
    const isOther = digests === undefined && rule.others === "accept";
    if (isOther && isOfFile(entry)) continue;
    findings.push(
      finding(`policy.ima.file.${index}`, isOther || entry.fields === null ? "unknown" : "bad", {
        expected: digests === undefined ? "a file that is on the list" : digests.join(" or "),
        seen: `${entry.name} ${entry.fileDigest}`,
      }),
    );
  }
  const others = measured.length - listed - findings.length;
  return finding("policy.ima.files", verdictOf([{ verdict: "good" }, ...findings]), {
    expected:
      rule.others === "refuse" ? "files that are on the list, and no others" : "no listed file with another digest",
    seen: `${listed} on the list, ${others} others that may be there, ${findings.length} that may not`,
    note: findings.length > MAX_LISTED ? `The first ${MAX_LISTED} of ${findings.length} are listed.` : null,
    findings: findings.slice(0, MAX_LISTED),
  });
}

/** It has a finding of its own. */
export const isAggregate = (entry: ImaEntry | undefined): boolean => entry?.name === "boot_aggregate";
