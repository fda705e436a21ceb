/** What is measured of whole processes: the start of the command, many TPMs, a guest's tool, the system calls of a commit. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Swtpm } from "../../asm/testkit/swtpm.ts";
import { cpuOf, residentOf, runToEnd } from "../processes.mjs";
import type { Taker } from "./taker.ts";
import type { Sample } from "./tasks.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const nothing = async () => {};
const MILLISECOND = 1000;

/** A program that runs to its end. */
export function started(program: string, ...args: string[]): Taker {
  const turn = async (): Promise<Sample> => {
    const { wall, cpu } = await runToEnd(program, args);
    return { wall: wall * MILLISECOND, cpu: cpu * MILLISECOND };
  };
  return { turn, done: nothing };
}

async function json(...args: string[]) {
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

/** `count` TPMs in a process: CPU time of all, KiB of each. */
export function manyTpms(clone: string, count: number): Taker {
  return { turn: () => json("--expose-gc", here("many.mjs"), clone, String(count)), done: nothing };
}
/** The same of swtpm, which has a process for each: one is started, and its CPU time taken `count` times. */
export function manySwtpms(count: number): Taker {
  return {
    async turn() {
      const one = await Swtpm.start();
      const sample = { cpu: cpuOf(one.pid) * count, resident: residentOf(one.pid) };
      await one.stop();
      return sample;
    },
    done: nothing,
  };
}

const TOOLS = { getrandom: "tpm2_getrandom 8", createprimary: "tpm2_createprimary" };
/** A boot to the prompt and two tools there, in Node as `tabtpm boot` does it (bench/boot/node.mjs of that checkout). */
export function booted(clone: string): Taker {
  const kind = JSON.stringify({ tpm: true, jit: "auto", work: Object.values(TOOLS) });
  return {
    async turn() {
      const { results } = await json(join(clone, "bench/boot/node.mjs"), kind);
      const cpu = (what: string) => results[what].cpu * 1e6;
      return { boot: cpu("boot"), getrandom: cpu(TOOLS.getrandom), createprimary: cpu(TOOLS.createprimary) };
    },
    done: nothing,
  };
}

/** System calls of a commit, and how many of them flush. @returns undefined where there is no strace, or it may not trace */
export function callsOfCommit(clone: string, size: number): { calls: number; flushes: number } | undefined {
  const [few, many] = [20, 120];
  const counted = (count: number) => {
    const folder = mkdtempSync(join(tmpdir(), "tabtpm-bench-calls-"));
    const [file, dir] = [join(folder, "calls"), join(folder, "tpm")];
    const program = [process.execPath, here("commits.mjs"), clone, dir, String(size), String(count)];
    const { status } = spawnSync("strace", ["-f", "-c", "-o", file, ...program], { stdio: "ignore" });
    const table = status === 0 ? readFileSync(file, "utf8") : undefined;
    rmSync(folder, { recursive: true, force: true });
    return table && callsIn(table);
  };
  const [less, more] = [counted(few), counted(many)];
  if (!less || !more) return undefined;
  const of = (what: "calls" | "flushes") => (more[what] - less[what]) / (many - few);
  return { calls: of("calls"), flushes: of("flushes") };
}

/** Threads wait for each other with these, as often as it happens. */
const WAITS = ["futex", "epoll_wait", "epoll_pwait", "restart_syscall"];
/** Reads strace's table of counts. @param except calls that do not count */
export function callsIn(table: string, except: readonly string[] = WAITS): { calls: number; flushes: number } {
  const sum = { calls: 0, flushes: 0 };
  for (const line of table.split("\n")) {
    // % time, seconds, usecs/call, calls, errors (often none), syscall
    const [, calls = "0", name = ""] =
      /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z_]\w*)\s*$/.exec(line) ?? [];
    if (name === "total" || except.includes(name)) continue;
    sum.calls += Number(calls);
    if (/^(f(data)?sync|sync_file_range)$/.test(name)) sum.flushes += Number(calls);
  }
  return sum;
}
