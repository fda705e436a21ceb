/** Where the time of a boot goes, and of a tool in the guest. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { commands } from "../../src/spec/commands.ts";
import { median } from "../crypto/interleave.ts";
import { number, table } from "./page.ts";

const SCRIPT = fileURLToPath(new URL("boot.mjs", import.meta.url));
const RUNS = 3;
/** The tool's second start. */
const AGAIN = "once more";

/** What has been used until a moment: seconds, million instructions, commands, seconds in the TPM. */
interface Used {
  cpu: number;
  instructions: number;
  commands: number;
  tpm: number;
}
/** What the guest did until it sent a command and had its answer, since the one before. */
interface Gap {
  code: number;
  instructions: number;
}
interface Run {
  moments: [part: string, at: Used][];
  tools: Record<string, { begin: Used; first: Used; last: Used; end: Used; gaps: Gap[] }>;
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

/** The longest ways from one command to the next. */
const LONGEST = 5;
function gapsTable(gaps: readonly Gap[]): string[] {
  const name = ({ code }: Gap) => commands.find((command) => command.code === code)?.name ?? `0x${code.toString(16)}`;
  const all = gaps.map((gap, index) => ({ gap, index })).sort((a, b) => b.gap.instructions - a.gap.instructions);
  const rows = all
    .slice(0, LONGEST)
    .map(({ gap, index }) => [
      `${index + 1}, ${name(gap)}, after ${index > 0 ? name(gaps[index - 1] as Gap) : "the start"}`,
      number((gap.instructions + WRAP) % WRAP),
    ]);
  return table(["command of tpm2_createprimary, once more", "million instructions since the one before"], rows);
}

export function bootPart(): string[] {
  const [auto, never]: [Map<string, Used>[], Map<string, Used>[]] = [[], []];
  const run = (jit: string): Run => JSON.parse(execFileSync(process.execPath, [SCRIPT, jit], { encoding: "utf8" }));
  let gaps: readonly Gap[] = [];
  for (let count = 0; count < RUNS; count++) {
    const one = run("auto");
    gaps = one.tools[AGAIN]?.gaps ?? [];
    auto.push(partsOf(one));
    never.push(partsOf(run("never")));
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
  return [...table(head, rows), "", ...gapsTable(gaps)];
}
