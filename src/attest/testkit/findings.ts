/** What tests ask of findings. */
import type { Finding } from "../finding.ts";

/** The checks of a tree that are bad and have no others below, in their order. */
export function badChecks(finding: Finding): string[] {
  if (finding.findings.length > 0) return finding.findings.flatMap(badChecks);
  return finding.verdict === "bad" ? [finding.check] : [];
}

/** Octets with one of them changed, each in turn: where, and the whole. */
export function flipped(octets: Uint8Array): [number, Uint8Array][] {
  return Array.from(octets, (octet, at) => [at, Uint8Array.from(octets).with(at, octet ^ (1 << (at % 8)))]);
}

/** A finding and all below it. */
export const everyFinding = (one: Finding): Finding[] => [one, ...one.findings.flatMap(everyFinding)];
