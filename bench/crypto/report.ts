/** The measurements as a table, for the terminal and for docs/benchmarks.md. */

import type { Timing } from "./interleave.ts";
import { type Goal, OTHERS } from "./row.ts";

export interface Result {
  group: string;
  name: string;
  bytes?: number;
  /** Times are means, not medians. */
  mean?: boolean;
  goal?: Goal;
  /** tabtpm's first. */
  timings: readonly Timing[];
}

export interface Surroundings {
  cpu: string;
  cores: number;
  /** Of the last minute, at the start. */
  load: number;
  node: string;
  openssl: string;
  date: string;
  rounds: number;
  /** Bytes of the crypto alone, compiled. */
  size: number;
  gzip: number;
}

const TITLES = { node: "node:crypto", noble: "noble", bigint: "BigInt" };
const SIZE_GOAL = 120_000;

function inUnits(micros: number, bytes?: number): string {
  if (bytes && bytes > 1024) return `${significant(bytes / micros)} MB/s`;
  if (micros < 1000) return `${significant(micros)} us`;
  return `${significant(micros / 1000)} ms`;
}

/** Three significant digits. */
function significant(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

const find = (result: Result, name: string) => result.timings.find((timing) => timing.name === name);
const ofTabtpm = (result: Result) => result.timings[0] as Timing;

/** One line for the terminal. */
export function line(result: Result): string {
  const others = OTHERS.flatMap((name) => {
    const timing = find(result, name);
    return timing ? [`${TITLES[name]} ${inUnits(timing.time, result.bytes)} (${significant(timing.ratio)}x)`] : [];
  });
  return `${result.name.padEnd(44)} ${inUnits(ofTabtpm(result).time, result.bytes).padStart(10)}   ${others.join("   ")}`;
}

export interface Verdict {
  text: string;
  measured: string;
  /** In the least disturbed round; nothing for means, which need all of theirs. */
  best: string;
  beside: string;
  holds: boolean;
  /** Whether it holds in that round. */
  holdsAtBest: boolean;
}

function verdictOf(result: Result & { goal: Goal }): Verdict {
  const { time, best } = ofTabtpm(result);
  const node = find(result, "node");
  const holds = (micros: number) =>
    result.bytes ? result.bytes / micros >= result.goal.value : micros <= result.goal.value;
  return {
    text: result.goal.text,
    measured: inUnits(time, result.bytes),
    best: result.mean ? "" : inUnits(best, result.bytes),
    beside: node ? inUnits(node.time, result.bytes) : "",
    holds: holds(time),
    holdsAtBest: holds(result.mean ? time : best),
  };
}

export function verdicts(results: readonly Result[], { gzip }: Surroundings): Verdict[] {
  const timed = results.filter((result): result is Result & { goal: Goal } => result.goal !== undefined).map(verdictOf);
  const size = { text: "all of the crypto <= 120 kB gzip", measured: kilobytes(gzip), best: "", beside: "" };
  const holds = gzip <= SIZE_GOAL;
  return [...timed, { ...size, holds, holdsAtBest: holds }];
}

export const answer = ({ holds, holdsAtBest }: Verdict) =>
  holds ? "yes" : holdsAtBest ? "when nobody disturbs" : "**no**";

const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;

export function markdown(results: readonly Result[], about: Surroundings): string {
  const groups = [...new Set(results.map(({ group }) => group))];
  const lines = [
    "# Benchmarks of the crypto engine",
    "",
    "Written by `npm run bench:crypto`; do not edit. The kernels are those of the product, compiled with its options and run",
    "in Node. All subjects of a row take turns in one run, in batches of a few milliseconds, and what is counted is CPU time",
    "(`bench/crypto/interleave.ts`). A time is the median of the rounds; a ratio is the median, over the rounds, of the",
    "other's time by tabtpm's in the same round: **above 1 tabtpm is faster**. Absolute times depend on the machine and on",
    "its neighbours: compare within a run only. Key generation is a matter of luck: means, over many keys.",
    "",
    "`node:crypto` is OpenSSL, native code with AES and SHA instructions and 64-bit multiplications; it includes what a",
    "call through Node costs. noble is JavaScript, for curves with BigInt. BigInt is the textbook's algorithm",
    "(`bench/crypto/bigint.ts`), without any care for constant time.",
    "",
    `${about.date}: ${about.cpu}, ${about.cores} cores, load ${about.load.toFixed(1)}; Node ${about.node}, OpenSSL ${about.openssl}; ${about.rounds} rounds.`,
    "",
    "## Goals",
    "",
    row(["goal", "tabtpm, median", "tabtpm, least disturbed round", "node:crypto, median", "holds"]),
    row(["---", "---:", "---:", "---:", "---"]),
    ...verdicts(results, about).map((verdict) =>
      row([verdict.text, verdict.measured, verdict.best, verdict.beside, answer(verdict)]),
    ),
    "",
    `The crypto alone compiles to ${kilobytes(about.size)}, ${kilobytes(about.gzip)} gzip. For what does not hold, and why, see [crypto.md](crypto.md).`,
    "",
  ];
  for (const group of groups) {
    lines.push(`## ${group}`, "");
    lines.push(row(["operation", "tabtpm", ...OTHERS.flatMap((name) => [TITLES[name], "ratio"])]));
    lines.push(row(["---", "---:", ...OTHERS.flatMap(() => ["---:", "---:"])]));
    for (const result of results.filter((candidate) => candidate.group === group)) {
      const others = OTHERS.flatMap((name) => {
        const timing = find(result, name);
        return timing ? [inUnits(timing.time, result.bytes), significant(timing.ratio)] : ["", ""];
      });
      lines.push(row([result.name, inUnits(ofTabtpm(result).time, result.bytes), ...others]));
    }
    lines.push("");
  }
  return lines.join("\n");
}
