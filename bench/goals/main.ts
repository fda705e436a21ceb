/** The goals; started by ../goals.mjs, which has the options. */
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isOnPath } from "../processes.mjs";
import { Checkout } from "./checkout.ts";
import { type Counts, type Group, groups, type Lab } from "./groups.ts";
import { type Line, lines } from "./lines.ts";
import { callsOfCommit } from "./outside.ts";
import { compiledClient } from "./pinged.ts";
import {
  AGAINST,
  CALIBRATION,
  type Circumstances,
  OWN,
  page,
  progress,
  type Result,
  resultOf,
  table,
  takerOf,
} from "./report.ts";
import type { Taker } from "./taker.ts";
import type { Sample } from "./tasks.ts";
import { takeTurns } from "./turns.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PAGE = join(ROOT, "docs/benchmarks-goals.md");

export const groupNames = groups.map(({ name }) => name);

export interface Options extends Counts {
  /** Only groups of these names. */
  only?: readonly string[];
  /** The folder of another checkout, built. */
  against?: string;
  /** The file that gets everything as JSON. */
  json?: string;
}

/** RSA-2048 signature and SHA-256 of a MiB by node:crypto, in this process: how fast the machine is at the moment. */
function calibration(): () => Promise<Sample> {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const [message, data] = [randomBytes(32), randomBytes(1 << 20)];
  const timed = (times: number, run: () => unknown) => {
    const start = process.cpuUsage();
    for (let i = 0; i < times; i++) run();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / times;
  };
  return async () => ({
    sign: timed(16, () => sign("sha256", message, privateKey)),
    hash: timed(8, () => createHash("sha256").update(data).digest()),
  });
}

const versionOf = (folder: string) => {
  try {
    return execFileSync("git", ["-C", folder, "describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return folder;
  }
};

/** Runs a group. What a probe needs is made before and taken away after, also when something fails. */
async function measured(group: Group, lab: Lab, counts: Counts, calibrate: () => Promise<Sample>) {
  const takers = new Map<string, Taker>();
  try {
    for (const [probe, make] of Object.entries(group.probes)) {
      for (const [who, taker] of await make(lab)) takers.set(takerOf(probe, who), taker);
    }
    const turns = new Map([...takers].map(([name, { turn }]) => [name, turn] as const));
    turns.set(CALIBRATION, calibrate);
    const rounds = await takeTurns(turns, group.rounds(counts));
    return { rounds, isMean: group.isMean ?? false };
  } finally {
    for (const taker of takers.values()) await taker.done();
  }
}

/** The number of system calls and flushes, which needs no turns: it is always the same. */
function notesOfCommit({ checkouts }: Lab): string[] {
  return checkouts.flatMap(({ name, folder }) => {
    const counted = callsOfCommit(folder, 4000);
    if (!counted) return [];
    const { calls, flushes } = counted;
    const whose = name === OWN ? "this checkout" : "the other checkout";
    return [
      `A commit of 4 kB to a file by ${whose}: ${calls.toFixed(1)} system calls, of which ${flushes.toFixed(1)} flush (strace; without waits for threads).`,
    ];
  });
}

export async function bench(options: Options): Promise<void> {
  const { only, against, json } = options;
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-bench-goals-"));
  const client = compiledClient(folder);
  const checkouts = [new Checkout(OWN, ROOT), ...(against ? [new Checkout(AGAINST, against)] : [])];
  const lab: Lab = { checkouts, hasSwtpm: isOnPath("swtpm"), folder, ...(client && { client }) };
  const notes: string[] = [];
  const note = (text: string) => {
    notes.push(text);
    console.log(`! ${text}`);
  };
  if (!lab.hasSwtpm) note("swtpm is not installed: its columns are empty.");
  if (!client)
    note("There is no C compiler (cc): the client of the small command is Node's, which makes an answer slower.");
  const about = {
    machine: `${cpus()[0]?.model.trim() ?? "unknown CPU"}, ${cpus().length} cores`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 16).replace("T", " "),
    load: loadavg()[0] ?? 0,
    own: versionOf(ROOT),
    ...(against && { against: versionOf(against) }),
    counts: { rounds: options.rounds, keys: options.keys, boots: options.boots },
  };
  const results: Result[] = [];
  const samples: Record<string, Record<string, readonly Sample[]>> = {};
  try {
    const calibrate = calibration();
    await calibrate();
    for (const group of groups.filter(({ name }) => !only || only.includes(name))) {
      console.log(`\n${group.name}`);
      const own = lines.filter((line: Line) => line.group === group.name);
      try {
        const found = await measured(group, lab, options, calibrate);
        samples[group.name] = Object.fromEntries(found.rounds);
        const more = own.map((line) => resultOf(line, found));
        results.push(...more);
        for (const result of more) console.log(`  ${progress(result)}`);
        if (group.name === "commit") notesOfCommit(lab).forEach(note);
      } catch (error) {
        console.error(error);
        note(
          `${group.name}: not measured (${(error instanceof Error ? error.message : String(error)).split("\n")[0]}).`,
        );
        process.exitCode = 1;
      }
    }
  } finally {
    for (const checkout of checkouts) checkout.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const circumstances: Circumstances = { ...about, notes };
  console.log(`\n${table(results, against !== undefined).join("\n")}`);
  if (json) writeFileSync(json, `${JSON.stringify({ about: circumstances, results, samples }, null, 1)}\n`);
  if (only || process.exitCode) return;
  writeFileSync(PAGE, page(results, circumstances));
  console.log(`\nwrote ${PAGE}`);
}
