import { describe, expect, it } from "vitest";
import { hex, TestTpm } from "./harness.ts";
import { comparable, readTranscript } from "./transcript.ts";
import { transcriptSteps } from "./transcriptSteps.ts";

describe("libtpms on record", () => {
  const steps = transcriptSteps();
  const recorded = readTranscript();

  it("has an answer to every step", () => {
    expect(recorded.map(({ name, command }) => [name, command])).toEqual(
      steps.map(({ name, command }) => [name, hex(command)]),
    );
  });

  it("answers as this TPM does, but where the specification demands another answer", () => {
    const tpm = new TestTpm({ profile: 1 });
    const different: string[] = [];
    steps.forEach((step, i) => {
      const ours = comparable(step, tpm.run(step.command, step.locality).bytes);
      const theirs = recorded[i]?.response;
      const expected = step.differs ? step.differs.response : theirs;
      if (ours !== expected) different.push(`${step.name}\n  libtpms ${theirs}\n  tabtpm  ${ours}`);
      // A difference that is gone must leave the list.
      if (step.differs && step.differs.response === theirs) different.push(`${step.name}: no longer different`);
    });
    expect(different.join("\n")).toBe("");
  });
});
