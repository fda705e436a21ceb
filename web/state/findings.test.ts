import { expect, test } from "vitest";
import type { BootFindingKind } from "../../src/index.ts";
import { isFault } from "./findings.ts";

test("what could not be checked is no fault; everything else is", () => {
  const finding = (kind: BootFindingKind) => ({ kind, stage: "bios" as const, about: [] });
  expect(isFault(finding("unchecked"))).toBe(false);
  const faults: BootFindingKind[] = [
    "no-tpm",
    "not-started",
    "given-up",
    "hierarchies-off",
    "not-measured",
    "kernel-not-measured",
    "banks-differ",
    "log-damaged",
    "pcrs-differ",
    "no-driver",
  ];
  for (const kind of faults) expect(isFault(finding(kind)), kind).toBe(true);
});
