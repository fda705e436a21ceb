/** The transcript of libtpms as a text file: name, command, response; one step a line, in order. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hex } from "./harness.ts";
import type { Step } from "./transcriptSteps.ts";

const path = fileURLToPath(new URL("libtpms.transcript.txt", import.meta.url));
const HEAD =
  "# Answers of libtpms 0.9.2 (Debian's swtpm 0.7.1).\n# Record anew: RECORD=1 npx vitest run asm/testkit/transcript.integration.test.ts";

export interface Recorded {
  name: string;
  command: string;
  response: string;
}

export function readTranscript(): Recorded[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", command = "", response = ""] = line.split("\t");
      return { name, command, response };
    });
}

/** Only the bytes that are compared are kept. */
export function writeTranscript(steps: Step[], responses: Uint8Array[]): void {
  const lines = steps.map((step, i) => {
    const response = responses[i] ?? new Uint8Array(0);
    return [step.name, hex(step.command), comparable(step, response)].join("\t");
  });
  writeFileSync(path, `${HEAD}\n${lines.join("\n")}\n`);
}

/** The part of a response that a step compares. */
export function comparable(step: Step, response: Uint8Array): string {
  return hex(response.subarray(step.from, step.to));
}
