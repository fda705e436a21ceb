/** Whether what was proven is what was asked for. Whatever a policy asks for and nothing tells of is unknown, and so not good. */
import { describeEvent } from "../../firmware/description/index.ts";
import { HASH_ALGORITHMS, hashName, isDynamicPcr } from "../../firmware/eventLog.ts";
import { type HashFunction, webCryptoHash } from "../../firmware/eventLogReplay.ts";
import { EV_NO_ACTION } from "../../firmware/eventTypes.ts";
import { TPM_ALG } from "../../spec/algorithms.ts";
import { BOUND_BY_NO_DIGEST } from "../eventFields.ts";
import type { EventEvidence, EventLogEvidence, QuotedPcrs } from "../eventLogEvidence.ts";
import { type Finding, finding, group, verdictOf } from "../finding.ts";
import type { ImaEvidence } from "../ima/index.ts";
import { equal, toHex } from "../octets.ts";
import { checkImaRule } from "./imaRule.ts";
import type { AttestationPolicy, EventRule, ExpectedEvent } from "./policy.ts";
import { checkSecureBoot, SECURE_BOOT_PCR } from "./secureBoot.ts";

/** What a policy is held against. Whether the quote itself is good is a finding of its own. */
export interface PolicyEvidence {
  readonly quoted: QuotedPcrs;
  /** TPM_ALG_ID of the bank that the logs were replayed in. */
  readonly bank: number;
  readonly log: EventLogEvidence | null;
  readonly ima: ImaEvidence | null;
  readonly firmwareVersion: bigint | null;
  readonly akName: Uint8Array | null;
  /** Of the EK that is known to be in the AK's TPM; null where nobody knows. */
  readonly ekName: Uint8Array | null;
}

/** The group `policy`: a finding for each thing that it asks for, and one for each quoted PCR that it says nothing of. */
export async function checkPolicy(
  policy: AttestationPolicy,
  evidence: PolicyEvidence,
  hash: HashFunction = webCryptoHash,
): Promise<Finding> {
  const findings: Finding[] = checkValues(policy, evidence);
  for (const [pcr, rule] of policy.events) findings.push(await checkEvents(pcr, rule, evidence, hash));
  if (policy.secureBoot !== null) findings.push(await checkSecureBoot(policy.secureBoot, evidence.log));
  if (policy.ima !== null) findings.push(checkImaRule(policy.ima, evidence.ima));
  if (policy.firmwareVersions !== null) {
    findings.push(
      checkAny(
        "policy.firmwareVersion",
        policy.firmwareVersions.map(hex64),
        evidence.firmwareVersion === null ? null : hex64(evidence.firmwareVersion),
      ),
    );
  }
  if (policy.akNames !== null) findings.push(checkName("policy.ak.name", policy.akNames, evidence.akName));
  if (policy.ekNames !== null) findings.push(checkName("policy.ek.name", policy.ekNames, evidence.ekName));
  findings.push(...checkCoverage(policy, evidence));
  const ignored = policy.ignoredPcrs.length === 0 ? null : `PCR ${policy.ignoredPcrs.join(", ")} may have any value.`;
  return group("policy", findings, ignored);
}

const hex64 = (value: bigint) => `0x${value.toString(16).padStart(16, "0")}`;
const checkName = (check: string, names: readonly Uint8Array[], seen: Uint8Array | null) =>
  checkAny(check, names.map(toHex), seen === null ? null : toHex(seen));

function checkAny(check: string, wanted: readonly string[], seen: string | null): Finding {
  const verdict = seen === null ? "unknown" : wanted.includes(seen) ? "good" : "bad";
  return finding(check, verdict, { expected: wanted.join(" or "), seen });
}

function checkValues({ pcrs }: AttestationPolicy, { quoted }: PolicyEvidence): Finding[] {
  return Array.from(pcrs, ([bank, rules]) =>
    Array.from(rules, ([pcr, values]) => {
      const value = quoted.get(bank)?.get(pcr);
      const check = `policy.pcr.${hashName(bank)}.${pcr}`;
      if (value !== undefined) return checkAny(check, values.map(toHex), toHex(value));
      return finding(check, "unknown", { expected: values.map(toHex).join(" or "), note: "The PCR is not quoted." });
    }),
  ).flat();
}

async function checkEvents(
  pcr: number,
  rule: EventRule,
  evidence: PolicyEvidence,
  hash: HashFunction,
): Promise<Finding> {
  const { log, bank } = evidence;
  const check = `policy.events.${pcr}`;
  const expected = rule.list.map(({ what }) => what).join(", ") || "no event";
  if (log === null || !log.accepted.has(pcr)) {
    // Without an event there is nothing to account for: the PCR has its first value.
    if (rule.list.length === 0 && isUntouched(pcr, evidence))
      return finding(check, "good", { expected, seen: "nothing was measured" });
    return finding(check, "unknown", { expected, note: `There is no log that accounts for the quoted PCR ${pcr}.` });
  }
  const events = log.events.filter(({ event }) => event.pcrIndex === pcr && event.type !== EV_NO_ACTION);
  const findings: Finding[] = [];
  let at = 0;
  for (const [index, wanted] of rule.list.entries()) {
    const digest = wanted.text === null ? wanted.digest : await hash(bank, wanted.text);
    const found = digest === null ? -1 : events.findIndex((one, position) => position >= at && isOf(one, digest));
    const isNext = found === at || (found > at && rule.others === "accept");
    findings.push(
      finding(`${check}.${index}`, digest === null ? "unknown" : isNext ? "good" : "bad", {
        expected: describeExpected(wanted, digest),
        seen: isNext
          ? describeEvidence(events[found]!)
          : events[at] === undefined
            ? "no event"
            : describeEvidence(events[at]!),
      }),
    );
    if (!isNext) break;
    at = found + 1;
  }
  const isWhole = findings.length === rule.list.length && findings.every(({ verdict }) => verdict === "good");
  if (isWhole && rule.others === "refuse") {
    for (const other of events.slice(at)) {
      findings.push(finding(`${check}.other`, "bad", { expected: "no other event", seen: describeEvidence(other) }));
    }
  }
  const verdict = findings.length === 0 ? "good" : verdictOf(findings);
  return finding(check, verdict, { expected, seen: `${events.length} events`, findings });
}

const isOf = ({ digest }: EventEvidence, wanted: Uint8Array) => digest !== null && equal(digest, wanted);
const describeExpected = ({ what }: ExpectedEvent, digest: Uint8Array | null) =>
  digest === null ? what : `${what}, digest ${toHex(digest)}`;

/** What the log says of the event beside its digest: a hint where it is not bound. */
function describeEvidence({ event, digest, form }: EventEvidence): string {
  const hint = form === null || form.unbound !== null ? ` (${BOUND_BY_NO_DIGEST})` : "";
  return `digest ${digest === null ? "none" : toHex(digest)}, which the log calls “${describeEvent(event)}”${hint}`;
}

/** Of PCRs that begin with zeros a quoted zero says that nothing was measured. */
function isUntouched(pcr: number, { quoted, bank }: PolicyEvidence): boolean {
  const value = quoted.get(bank)?.get(pcr);
  const first = isDynamicPcr(pcr) ? 0xff : 0;
  return (
    value !== undefined && value.length === HASH_ALGORITHMS.get(bank)?.size && value.every((octet) => octet === first)
  );
}

/** Of each quoted PCR somebody must have said what it may be: a log that replays proves what was measured, not that it is good. */
function checkCoverage(policy: AttestationPolicy, { quoted, ima }: PolicyEvidence): Finding[] {
  const covered = new Set([...policy.ignoredPcrs, ...policy.events.keys()]);
  // What SHA-1 says is enough only for who asks for SHA-1, whichever other banks the attester quotes beside it.
  for (const [bank, rules] of policy.pcrs)
    if (bank !== TPM_ALG.TPM_ALG_SHA1 || policy.bank === bank) for (const pcr of rules.keys()) covered.add(pcr);
  if (policy.ima !== null) for (const pcr of ima?.accepted ?? []) covered.add(pcr);
  if (speaksForPcr7(policy)) covered.add(SECURE_BOOT_PCR);
  const pcrs = new Set([...quoted.values()].flatMap((bank) => [...bank.keys()]));
  const left = [...pcrs].filter((pcr) => !covered.has(pcr)).sort((a, b) => a - b);
  return left.map((pcr) =>
    finding(`policy.covers.${pcr}`, "unknown", {
      expected: `that the policy says what PCR ${pcr} may be, or lists it under ignoredPcrs`,
      note: policy.pcrs.get(TPM_ALG.TPM_ALG_SHA1)?.has(pcr)
        ? "The policy has its value in the bank SHA-1 alone, of which collisions can be made. A policy may ask for that all the same: “bank”: “sha1”."
        : "The PCR is quoted, and nobody has said whether its value is good.",
    }),
  );
}

/** What may have verified the images, and out of which database, is all that PCR 7 has beside the switch. */
const speaksForPcr7 = ({ secureBoot }: AttestationPolicy) =>
  secureBoot?.enabled === true && secureBoot.variables.has("db") && secureBoot.authorities !== null;
