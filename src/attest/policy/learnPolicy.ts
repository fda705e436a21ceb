/** A policy that a good boot meets, and a changed one does not: what was proven, written down. */
import { describeEvent } from "../../firmware/description/index.ts";
import { EV_NO_ACTION } from "../../firmware/eventTypes.ts";
import type { EventEvidence } from "../eventLogEvidence.ts";
import { isViolation } from "../ima/index.ts";
import type { PolicyEvidence } from "./checkPolicy.ts";
import { isAggregate } from "./imaRule.ts";
import { type AttestationPolicy, EMPTY_POLICY, type EventRule, type ExpectedEvent, type ImaRule } from "./policy.ts";

/** PCRs of the boot loader, whose events tell more than a value does: which file, which command line. */
const LISTED_PCRS: readonly number[] = [4, 5, 8, 9, 11, 12, 13, 14];

/**
 * Pins the AK, which its TPM may have shown to be its own before. PCRs of the boot loader that a log accounts for become lists of events, what IMA's
 * list accounts for becomes an allow-list, and every other quoted PCR its value.
 */
export function learnPolicy(evidence: PolicyEvidence, name: string | null = null): AttestationPolicy {
  const { quoted, bank, log, ima, akName } = evidence;
  const events = new Map<number, EventRule>();
  const pcrs = new Map<number, Map<number, Uint8Array[]>>();
  for (const [algorithm, values] of quoted) {
    for (const [pcr, value] of [...values].sort(([a], [b]) => a - b)) {
      if (ima?.accepted.has(pcr)) continue;
      if (algorithm === bank && log?.accepted.has(pcr) && LISTED_PCRS.includes(pcr)) {
        events.set(pcr, { list: listOf(log.events, pcr), others: "refuse" });
        continue;
      }
      const of = pcrs.get(algorithm) ?? new Map<number, Uint8Array[]>();
      pcrs.set(algorithm, of.set(pcr, [value]));
    }
  }
  return {
    ...EMPTY_POLICY,
    name,
    bank,
    pcrs,
    events,
    ima: ima === null || ima.accepted.size === 0 ? null : allowList(ima.entries, ima.bootAggregate.verdict === "good"),
    akNames: akName === null ? null : [akName],
  };
}

function listOf(events: readonly EventEvidence[], pcr: number): ExpectedEvent[] {
  return events
    .filter(({ event }) => event.pcrIndex === pcr && event.type !== EV_NO_ACTION)
    .map(({ event, digest, form }) => {
      const octets = form?.octets(event.data) ?? null;
      const text = octets !== null && isText(octets) ? octets : null;
      return { text, digest: text === null ? digest : null, what: describeEvent(event) };
    });
}

/** What JSON has as it is. */
function isText(octets: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
    return text.length > 0 && !/\p{Cc}/u.test(text);
  } catch {
    return false;
  }
}

function allowList(entries: PolicyEntries, hasAggregate: boolean): ImaRule {
  const files = new Map<string, string[]>();
  for (const entry of entries.slice(isAggregate(entries[0]) ? 1 : 0)) {
    if (isViolation(entry) || entry.fileDigest === "") continue;
    const digests = files.get(entry.name) ?? [];
    if (!digests.includes(entry.fileDigest)) digests.push(entry.fileDigest);
    files.set(entry.name, digests);
  }
  return {
    files,
    others: "refuse",
    violations: entries.some(isViolation) ? "accept" : "refuse",
    bootAggregate: hasAggregate ? "compare" : "ignore",
  };
}

type PolicyEntries = NonNullable<PolicyEvidence["ima"]>["entries"];
