/** The crypto benchmark; started by ../crypto.mjs, which has the options. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { compileKernels, PUBLIC_BUILD } from "../../asm/testkit/crypto/compile.ts";
import { eccRows } from "./ecc.ts";
import { interleave, type Subject } from "./interleave.ts";
import { answer, line, markdown, type Result, type Surroundings, verdicts } from "./report.ts";
import { OTHERS, type Row } from "./row.ts";
import { rsaRows } from "./rsa.ts";
import { symmetricRows } from "./symmetric.ts";

const PAGE = fileURLToPath(new URL("../../docs/benchmarks.md", import.meta.url));
/** Microseconds of a batch: enough for the clock, short enough for neighbours to disturb few. */
const BATCH = 4000;

export interface BenchOptions {
  rounds: number;
  /** Only operations whose name contains this. Such a run writes nothing. */
  only?: string;
  /** Keys of each size in key generation; default: what the rows say. */
  samples?: number;
}

export async function bench({ rounds, only, samples }: BenchOptions): Promise<void> {
  const load = loadavg()[0] as number;
  console.log("compiling ...");
  const wasm = await compileKernels(PUBLIC_BUILD);
  const rows = [...(await symmetricRows()), ...(await rsaRows()), ...(await eccRows())];
  const wanted = rows.filter(({ name }) => !only || name.toLowerCase().includes(only.toLowerCase()));
  const results: Result[] = [];
  for (const row of wanted) {
    const result = measure(row, rounds, samples);
    results.push(result);
    console.log(line(result));
  }
  const about: Surroundings = {
    cpu: cpus()[0]?.model.trim() ?? "unknown CPU",
    cores: cpus().length,
    load,
    node: process.versions.node,
    openssl: process.versions.openssl,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    size: wasm.length,
    gzip: gzipSync(wasm, { level: 9 }).length,
  };
  console.log("");
  for (const verdict of verdicts(results, about)) {
    const { text, measured, best, beside } = verdict;
    console.log(
      `${text}: ${answer(verdict)}: ${measured}${best && `, best ${best}`}${beside && `, node:crypto ${beside}`}`,
    );
  }
  if (only) return;
  writeFileSync(PAGE, markdown(results, about));
  console.log(`\nwrote ${PAGE}`);
}

function measure(row: Row, rounds: number, samples?: number): Result {
  const subjects: Subject[] = [{ name: "tabtpm", run: row.tabtpm }];
  for (const name of OTHERS) {
    const run = row[name];
    if (run) subjects.push({ name, run });
  }
  const timings = row.samples
    ? interleave(subjects, { rounds: samples ?? row.samples, batch: 0, mean: true })
    : interleave(subjects, { rounds, batch: BATCH });
  const { group, name, bytes, goal } = row;
  return { group, name, timings, ...(bytes && { bytes }), ...(row.samples && { mean: true }), ...(goal && { goal }) };
}
