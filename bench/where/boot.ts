/** Where the time of a boot goes, and of a tool in the guest. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { median } from "../crypto/interleave.ts";
import { number, table } from "./page.ts";

const SCRIPT = fileURLToPath(new URL("boot.mjs", import.meta.url));
const RUNS = 3;

/** What has been used until a moment: seconds, million instructions, commands, seconds in the TPM. */
interface Used {
  cpu: number;
  instructions: number;
  commands: number;
  tpm: number;
}
interface Run {
  moments: [part: string, at: Used][];
  tools: Record<string, { begin: Used; first: Used; last: Used; end: Used }>;
}

/** The counter has 32 bits. */
const WRAP = 2 ** 32 / 1e6;
const NOTHING: Used = { cpu: 0, instructions: 0, commands: 0, tpm: 0 };
const between = (from: Used, to: Used): Used => ({
  cpu: to.cpu - from.cpu,
  instructions: (to.instructions - from.instructions + WRAP) % WRAP,
  commands: to.commands - from.commands,
  tpm: to.tpm - from.tpm,
});

/** Part -> what it used, in the order of the run. */
function partsOf({ moments, tools }: Run): Map<string, Used> {
  const parts = new Map<string, Used>();
  let before = NOTHING;
  for (const [part, at] of moments) {
    parts.set(part, between(before, at));
    before = at;
  }
  for (const [when, { begin, first, last, end }] of Object.entries(tools)) {
    parts.set(`tpm2_createprimary, ${when}: until its first command`, between(begin, first));
    parts.set(`tpm2_createprimary, ${when}: its commands`, between(first, last));
    parts.set(`tpm2_createprimary, ${when}: until it has ended`, between(last, end));
  }
  return parts;
}

export function bootPart(): string[] {
  const [auto, never]: [Map<string, Used>[], Map<string, Used>[]] = [[], []];
  const run = (jit: string) => partsOf(JSON.parse(execFileSync(process.execPath, [SCRIPT, jit], { encoding: "utf8" })));
  for (let count = 0; count < RUNS; count++) {
    auto.push(run("auto"));
    never.push(run("never"));
  }
  const middle = (runs: readonly Map<string, Used>[], part: string, what: keyof Used) =>
    number(Math.max(0, median(runs.map((parts) => parts.get(part)?.[what] ?? 0))));
  const rows = [...(auto[0]?.keys() ?? [])].map((part) => [
    part,
    middle(auto, part, "instructions"),
    middle(auto, part, "cpu"),
    middle(never, part, "cpu"),
    middle(auto, part, "commands"),
    middle(auto, part, "tpm"),
  ]);
  const head = ["part", "million instructions", "CPU, s", "compiler never on", "TPM commands", "in the TPM, s"];
  return table(head, rows);
}
