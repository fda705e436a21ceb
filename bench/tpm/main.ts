/**
 * The benchmark of commands; started by ../tpm.mjs, which has the options. All TPMs take turns in short batches, in an order that
 * changes from round to round, so that the drift of a shared machine falls on all of them; what is counted is the CPU time of
 * the TPM's process, and beside it the time until the answer is there.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { Response } from "../../asm/tpm/testing/harness.ts";
import { flush } from "../../asm/tpm/testing/objects.ts";
import { swtpmIsInstalled } from "../../asm/tpm/testing/swtpm.ts";
import { median } from "../crypto/interleave.ts";
import { type Call, type Row, rows, type Send } from "./rows.ts";
import { inProcess, overTcp, type Subject, TABTPM } from "./subjects.ts";

const PAGE = fileURLToPath(new URL("../../docs/benchmarks-tpm.md", import.meta.url));
/** Microseconds of a batch. */
const BATCH = 20_000;

interface Times {
  cpu: number;
  wall: number;
}
interface Result {
  row: Row;
  /** By subject, in microseconds for a call. */
  times: Times[];
}

export async function bench({ rounds, only }: { rounds: number; only?: string }): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const subjects = [inProcess(), await overTcp("tabtpm, TCP", TABTPM)];
  if (swtpmIsInstalled()) subjects.push(await overTcp("swtpm, TCP", ["swtpm"]));
  const results: Result[] = [];
  try {
    for (const row of rows.filter(({ name }) => !only || name.toLowerCase().includes(only.toLowerCase()))) {
      const times = await measure(row, subjects, row.samples ?? rounds);
      results.push({ row, times });
      console.log(line({ row, times }).join("  "));
    }
  } finally {
    for (const subject of subjects) await subject.stop();
  }
  if (only) return;
  writeFileSync(PAGE, page(results, subjects, rounds, load));
  console.log(`\nwrote ${PAGE}`);
}

async function measure(row: Row, subjects: readonly Subject[], rounds: number): Promise<Times[]> {
  const prepared = [];
  for (const subject of subjects) {
    const send: Send = async (bytes) => checked(row, subject, await subject.run(bytes));
    const { call, handles } = await row.prepare(send);
    const calls = row.samples ? 1 : await callsFor(row, subject, call);
    prepared.push({ subject, send, call, handles, calls, times: [] as Times[] });
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < prepared.length; turn++) {
      const one = prepared[(turn + round) % prepared.length];
      if (one) one.times.push(await timed(row, one.subject, one.call, one.calls));
    }
  }
  for (const { send, handles } of prepared) for (const handle of handles) await send(flush(handle));
  const middle = row.samples ? (v: number[]) => v.reduce((a, b) => a + b, 0) / v.length : median;
  return prepared.map(({ times }) => ({
    cpu: middle(times.map((t) => t.cpu)),
    wall: middle(times.map((t) => t.wall)),
  }));
}

function checked(row: Row, subject: Subject, bytes: Uint8Array): Response {
  const response = new Response(bytes);
  if (response.rc !== 0) throw new Error(`${row.name}, ${subject.name}: 0x${response.rc.toString(16)}`);
  return response;
}

async function timed(row: Row, subject: Subject, call: Call, calls: number): Promise<Times> {
  let last: Response | undefined;
  const [cpu, start] = [subject.cpu(), performance.now()];
  for (let i = 0; i < calls; i++) {
    for (const part of call) {
      const bytes = typeof part === "function" ? part(last as Response) : part;
      const answer = subject.run(bytes);
      last = checked(row, subject, answer instanceof Promise ? await answer : answer);
    }
  }
  const wall = (performance.now() - start) * 1000;
  return { cpu: (subject.cpu() - cpu) / calls, wall: wall / calls };
}

/** Twice, so that compilers have done their work before the second count. */
async function callsFor(row: Row, subject: Subject, call: Call): Promise<number> {
  let calls = 1;
  for (let i = 0; i < 2; i++) {
    for (calls = 1; ; calls *= 2) {
      const { wall } = await timed(row, subject, call, calls);
      if (wall * calls >= BATCH) break;
    }
  }
  return calls;
}

const significant = (value: number) =>
  (value >= 1000 ? Math.round(value) : Number(value.toPrecision(3))).toLocaleString("en");
const ratio = (value: number, to: number | undefined) => (to ? (value / to).toPrecision(2) : "");

function line({ row, times }: Result): string[] {
  const [own, tcp, swtpm] = times;
  if (!own || !tcp) return [];
  return [
    `${row.name}${row.samples ? " (mean)" : ""}`,
    significant(own.cpu),
    row.goal === undefined ? "" : `${significant(row.goal)} ${own.cpu <= row.goal ? "met" : "missed"}`,
    `${significant(tcp.cpu)} / ${significant(tcp.wall)}`,
    swtpm ? `${significant(swtpm.cpu)} / ${significant(swtpm.wall)}` : "",
    swtpm ? ratio(own.cpu, swtpm.cpu) : "",
    swtpm ? ratio(tcp.wall, swtpm.wall) : "",
  ];
}

function page(results: readonly Result[], subjects: readonly Subject[], rounds: number, load: number): string {
  return [
    "# Commands: how long they take",
    "",
    "Printed by `npm run bench:tpm`; not edited by hand. Microseconds for a call: medians of the rounds, or means where said. All TPMs took turns",
    "in one run. *CPU* is the time that the TPM's process used, *answer* the time until a client on the same machine had the answer.",
    "In process the core has a store in memory; the servers write files, tabtpm with fsync.",
    "",
    `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores, load ${load.toFixed(1)} at the start, Node ${process.versions.node}, ` +
      `${rounds} rounds, ${new Date().toISOString().slice(0, 10)}; ${subjects.map(({ name }) => name).join("; ")}.`,
    "",
    "| command | in process, CPU | goal | tabtpm over TCP: CPU / answer | swtpm over TCP: CPU / answer | in process to swtpm, CPU | TCP to TCP, answer |",
    "|---|---:|---:|---:|---:|---:|---:|",
    ...results.map((result) => `| ${line(result).join(" | ")} |`),
    "",
  ].join("\n");
}
