import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BootEvidence, type Handover, judgeBoot } from "./judgement.ts";

const sameBanks = { onlyLog: [], onlyTpm: [] };
const whole: Handover = {
  measurements: 13,
  firmwareMeasurements: 10,
  logProblem: null,
  hierarchiesOff: false,
  unexplained: [],
  unlogged: [],
  banks: sameBanks,
  unchecked: null,
};
const healthy: BootEvidence = {
  stage: "shell",
  firmware: { started: true, gaveUp: false, failure: null },
  handover: whole,
  linuxCommands: 19,
};
const kinds = (evidence: Partial<BootEvidence>) => judgeBoot({ ...healthy, ...evidence }).map(({ kind }) => kind);
const handedOver = (handover: Partial<Handover>) => kinds({ handover: { ...whole, ...handover } });

describe("the judgement on a boot", () => {
  it("finds nothing wrong where firmware and Linux did their part", () => {
    expect(kinds({})).toEqual([]);
    expect(kinds({ stage: "kernel", linuxCommands: 0 })).toEqual([]);
  });

  it("is not made before the firmware has handed over and that has been looked at", () => {
    const bad = { firmware: { started: false, gaveUp: true, failure: null }, linuxCommands: 0 };
    expect(kinds({ ...bad, stage: "off" })).toEqual([]);
    expect(kinds({ ...bad, stage: "bios" })).toEqual([]);
    expect(kinds({ ...bad, stage: "shell", handover: null })).toEqual([]);
  });

  it("says that nothing was measured when the log has no event for a PCR", () => {
    expect(handedOver({ measurements: 0, firmwareMeasurements: 0 })).toEqual(["not-measured"]);
    expect(handedOver({ measurements: 3, firmwareMeasurements: 0 })).toEqual(["not-measured"]);
  });

  it("says that there was no TPM for the firmware when it had no place for a log, and nothing else", () => {
    expect(kinds({ handover: { ...whole, measurements: null }, linuxCommands: 0 })).toEqual(["no-tpm"]);
  });

  it("says where a log is damaged, and does not call it empty", () => {
    const handover = { ...whole, measurements: 0, logProblem: "The event log is damaged at offset 0x20: cut." };
    const findings = judgeBoot({ ...healthy, handover });
    expect(findings.map(({ kind }) => kind)).toEqual(["log-damaged"]);
    expect(findings[0]!.sentence).toContain("damaged at offset 0x20");
  });

  it("names the command after which the firmware gave up", () => {
    const failure = "TPM2_PCR_Extend answered TPM_RC_FAILURE";
    const firmware = { started: true, gaveUp: true, failure };
    const [finding, ...others] = judgeBoot({
      ...healthy,
      firmware,
      handover: { ...whole, hierarchiesOff: true, measurements: 0 },
    });
    expect(finding!.kind).toBe("given-up");
    expect(finding!.sentence).toContain(`gave up on the TPM after ${failure}`);
    expect(others.map(({ kind }) => kind)).toEqual(["not-measured"]);
  });

  it("takes a failed command of a firmware that went on and measured for none of its business", () => {
    expect(
      kinds({ firmware: { started: true, gaveUp: false, failure: "TPM2_SelfTest answered TPM_RC_TESTING" } }),
    ).toEqual([]);
  });

  it("sees hierarchies that are off without a command that was seen", () => {
    expect(handedOver({ hierarchiesOff: true })).toEqual(["hierarchies-off"]);
    expect(handedOver({ hierarchiesOff: null })).toEqual([]);
  });

  it("names the PCRs that the log does not explain", () => {
    const [finding] = judgeBoot({ ...healthy, handover: { ...whole, unexplained: [0, 4] } });
    expect(finding).toMatchObject({ kind: "pcrs-differ", stage: "bios" });
    expect(finding!.sentence).toContain("PCR 0, 4:");
    expect(handedOver({ unexplained: null })).toEqual([]);
  });

  it("names what the option ROM should have measured and the log does not have", () => {
    const unlogged = ["/bzImage (PCR 9)", "kernel_cmdline (PCR 8)"];
    const [finding, ...others] = judgeBoot({ ...healthy, handover: { ...whole, unlogged } });
    expect(finding).toMatchObject({ kind: "kernel-not-measured", stage: "bios" });
    expect(finding!.sentence).toContain("Not in the firmware's event log: /bzImage (PCR 9), kernel_cmdline (PCR 8).");
    expect(finding!.sentence).toContain("the console says which, and why");
    expect(others).toEqual([]);
  });

  it("says of an empty log that nothing was measured, the kernel included", () => {
    expect(handedOver({ measurements: 0, unlogged: ["/bzImage (PCR 9)"] })).toEqual(["not-measured"]);
  });

  it("names the banks that only the log or only the TPM has", () => {
    const sentence = (banks: Handover["banks"]) =>
      judgeBoot({ ...healthy, handover: { ...whole, banks } }).map((finding) => finding.sentence);
    expect(handedOver({ banks: { onlyLog: ["sha1"], onlyTpm: [] } })).toEqual(["banks-differ"]);
    expect(sentence({ onlyLog: ["sha1", "sha512"], onlyTpm: ["sha384"] })).toEqual([
      "PCR banks differ: sha1, sha512 only in the firmware's event log; sha384 only in the TPM, where nothing of this boot is in it.",
    ]);
  });

  it("says that the firmware did not start the TPM", () => {
    const firmware = { started: false, gaveUp: false, failure: "TPM2_Startup answered TPM_RC_FAILURE" };
    const [finding] = judgeBoot({ ...healthy, firmware });
    expect(finding!.kind).toBe("not-started");
    expect(finding!.sentence).toContain("after TPM2_Startup answered TPM_RC_FAILURE");
  });

  it("says what could not be checked, and why", () => {
    const [finding] = judgeBoot({ ...healthy, handover: { ...whole, unexplained: null, unchecked: "TPM_RC_FAILURE" } });
    expect(finding!.kind).toBe("unchecked");
    expect(finding!.sentence).toContain("TPM_RC_FAILURE");
  });

  it("misses Linux's driver at the prompt, and not before", () => {
    expect(judgeBoot({ ...healthy, linuxCommands: 0 })).toMatchObject([{ kind: "no-driver", stage: "kernel" }]);
    expect(kinds({ stage: "kernel", linuxCommands: 0 })).toEqual([]);
    expect(kinds({ linuxCommands: 1 })).toEqual([]);
  });

  it("has no kind twice and a sentence for each, whatever was seen", () => {
    const handover = fc.record({
      measurements: fc.option(fc.nat(3)),
      firmwareMeasurements: fc.nat(3),
      logProblem: fc.option(fc.string()),
      hierarchiesOff: fc.option(fc.boolean()),
      unexplained: fc.option(fc.array(fc.nat(9))),
      unlogged: fc.array(fc.string()),
      banks: fc.record({ onlyLog: fc.array(fc.string()), onlyTpm: fc.array(fc.string()) }),
      unchecked: fc.option(fc.string()),
    });
    const evidence = fc.record({
      stage: fc.constantFrom("off", "bios", "kernel", "shell") as fc.Arbitrary<BootEvidence["stage"]>,
      firmware: fc.record({ started: fc.boolean(), gaveUp: fc.boolean(), failure: fc.option(fc.string()) }),
      handover: fc.option(handover),
      linuxCommands: fc.nat(2),
    });
    fc.assert(
      fc.property(evidence, (seen) => {
        const findings = judgeBoot(seen);
        expect(new Set(findings.map(({ kind }) => kind)).size).toBe(findings.length);
        for (const { sentence } of findings) expect(sentence).toMatch(/^[A-Z]/);
        if (seen.stage === "off" || seen.stage === "bios") expect(findings).toEqual([]);
      }),
    );
  });
});
