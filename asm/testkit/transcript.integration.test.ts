import { expect, it } from "vitest";
import { Swtpm, swtpmIsInstalled } from "./swtpm.ts";
import { comparable, readTranscript, writeTranscript } from "./transcript.ts";
import { transcriptSteps } from "./transcriptSteps.ts";

it.runIf(swtpmIsInstalled())("swtpm answers as it did when the transcript was recorded", async () => {
  const steps = transcriptSteps();
  const swtpm = await Swtpm.start();
  const responses: Uint8Array[] = [];
  try {
    for (const step of steps) responses.push(await swtpm.run(step.command, step.locality));
  } finally {
    await swtpm.stop();
  }
  const { RECORD } = process.env;
  if (RECORD) writeTranscript(steps, responses);
  const recorded = readTranscript().map(({ response }) => response);
  expect(steps.map((step, i) => comparable(step, responses[i] ?? new Uint8Array(0)))).toEqual(recorded);
});
