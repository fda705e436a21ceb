/** docs/benchmarks-tpm.md, and the lines on the terminal. */
import { cpus } from "node:os";
import { chapters } from "../../src/spec/commands.ts";
import type { Times } from "./measure.ts";
import type { Row } from "./row.ts";

export interface Result {
  chapter: number;
  row: Row;
  /** Of the library in process, and both servers. */
  times: readonly (Times | undefined)[];
}
export interface Circumstances {
  results: readonly Result[];
  subjects: readonly string[];
  rounds: number;
  /** Of the machine, before the run. */
  load: number;
  /** Of the WASM file, octets. */
  wasm: { size: number; gzip: number };
}

const WASM_GOAL = 200;
const significant = (value: number) =>
  (value >= 1000 ? Math.round(value) : Number(value.toPrecision(3))).toLocaleString("en");
const both = (times: Times | undefined) => (times ? `${significant(times.cpu)} / ${significant(times.wall)}` : "");
const ratio = (value: number | undefined, to: number | undefined) =>
  value === undefined || to === undefined ? "" : (value / to).toPrecision(2);
const nameOf = ({ name, samples }: Row) => `${name}${samples ? " (mean)" : ""}`;
const met = (value: number, goal: number) => (value <= goal ? "met" : "missed");

/** The columns of a row. */
export function line({ row, times: [own, tcp, swtpm] }: Result): string[] {
  return [
    nameOf(row),
    own ? significant(own.cpu) : "",
    both(tcp),
    both(swtpm),
    ratio(own?.cpu, swtpm?.cpu),
    ratio(tcp?.wall, swtpm?.wall),
  ];
}

function goals({ results, wasm }: Circumstances): string[] {
  const timed = results.flatMap(({ row, times: [own] }) =>
    row.goal === undefined || !own
      ? []
      : [`| ${nameOf(row)} | ${significant(row.goal)} us | ${significant(own.cpu)} us | ${met(own.cpu, row.goal)} |`],
  );
  const [size, gzip] = [wasm.size / 1000, wasm.gzip / 1000];
  return [
    "## The goals",
    "",
    "CPU time in process, and the size of the core. A row that names two commands is the time of both: a session that is started",
    "and an object that is loaded must be flushed before the next one finds room. Nothing was subtracted for that.",
    "",
    "| operation | goal | measured | |",
    "|---|---:|---:|---|",
    ...timed,
    `| WASM file, gzip (${significant(size)} kB without) | ${WASM_GOAL} kB | ${significant(gzip)} kB | ${met(gzip, WASM_GOAL)} |`,
    "",
  ];
}

const COLUMNS = [
  "| command | in process, CPU | tabtpm over TCP: CPU / answer | swtpm over TCP: CPU / answer | in process to swtpm, CPU | TCP to TCP, answer |",
  "|---|---:|---:|---:|---:|---:|",
];

function tables(results: readonly Result[]): string[] {
  const numbers = [...new Set(results.map(({ chapter }) => chapter))];
  return numbers.flatMap((number) => [
    `## ${number} ${chapters[number]}`,
    "",
    ...COLUMNS,
    ...results.filter(({ chapter }) => chapter === number).map((result) => `| ${line(result).join(" | ")} |`),
    "",
  ]);
}

export function page(circumstances: Circumstances): string {
  const { results, subjects, rounds, load } = circumstances;
  return [
    "# Commands: how long they take",
    "",
    "Printed by `npm run bench:tpm`; not edited by hand. Every command of the TPM is in some row, by the chapters of Part 3. Microseconds for",
    "a call, which is all commands that the row names: medians of the rounds, or means where said. All TPMs took turns in one run. *CPU* is",
    "the time that the TPM's process used, *answer* the time until a client on the same machine had the answer. In process it is",
    '`createTpm({ thread: "inline" })` with a store in memory, and `executeSync`; the servers write files, tabtpm with fsync. What swtpm does not',
    "have is empty (libtpms 0.9.2 lacks some commands), and so is what needs a signal of the platform that servers don't pass on.",
    "",
    `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores, load ${load.toFixed(1)} at the start, Node ${process.versions.node}, ` +
      `${rounds} rounds, ${new Date().toISOString().slice(0, 10)}; ${subjects.join("; ")}.`,
    "",
    ...goals(circumstances),
    ...tables(results),
  ].join("\n");
}
