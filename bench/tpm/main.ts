/** The benchmark of commands; started by ../tpm.mjs, which has the options. */
import { readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { swtpmIsInstalled } from "../../asm/testkit/swtpm.ts";
import type { createTpm } from "../../src/node/index.ts";
import { measure } from "./measure.ts";
import { line, page, type Result } from "./page.ts";
import { chaptersOfRows } from "./rows/index.ts";
import { inProcess, swtpmOverTcp, tabtpmOverTcp } from "./subjects.ts";

const PAGE = fileURLToPath(new URL("../../docs/benchmarks-tpm.md", import.meta.url));
const WASM = fileURLToPath(new URL("../../src/engine/tabtpm.wasm", import.meta.url));

export interface Options {
  rounds: number;
  /** Only rows whose names contain it. */
  only?: string;
  /** Only the TPM in this process. */
  alone: boolean;
  createTpm: typeof createTpm;
}

export async function bench({ rounds, only, alone, createTpm }: Options): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const subjects = [await inProcess(createTpm)];
  if (!alone) subjects.push(await tabtpmOverTcp());
  if (!alone && swtpmIsInstalled()) subjects.push(await swtpmOverTcp());
  const isWanted = (name: string) => !only || name.toLowerCase().includes(only.toLowerCase());
  const rows = chaptersOfRows.flatMap(({ number, rows }) => rows.map((row) => ({ chapter: number, row })));
  const wanted = rows.filter(({ row }) => isWanted(row.name));
  const results: Result[] = [];
  try {
    for (const { chapter, row } of wanted) {
      try {
        results.push({ chapter, row, times: await measure(row, subjects, rounds) });
      } catch (error) {
        throw new Error(row.name, { cause: error });
      }
      console.log(`${results.length}/${wanted.length}  ${line(results.at(-1) as Result).join("  ")}`);
    }
  } finally {
    for (const subject of subjects) await subject.stop();
  }
  if (only || alone) return;
  const wasm = readFileSync(WASM);
  const names = subjects.map(({ name }) => name);
  const sizes = { size: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length };
  writeFileSync(PAGE, page({ results, subjects: names, rounds, load, wasm: sizes }));
  console.log(`\nwrote ${PAGE}`);
}
