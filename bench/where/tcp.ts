/** Where the time of a small command over TCP goes: servers that do less, a profile of the server, its system calls. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { callsIn } from "../goals/outside.ts";
import { compiledClient, pingedProgram, pingedTpm, TURNS } from "../goals/pinged.ts";
import { figureOf, takeTurns } from "../goals/turns.ts";
import { isOnPath } from "../processes.mjs";
import { commandOf } from "../tpm/subjects.ts";
import { number, table } from "./page.ts";
import { type Profile, selfTimes, serverName, sharesTable } from "./profile.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const ROUNDS = 15;
const LEAST = 0.015;
/** Turns that are profiled: enough that the server's start is not much of it. */
const PROFILED = 100;

export async function tcpPart(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-bench-where-"));
  try {
    const client = compiledClient(folder);
    return [...(await variants(client)), "", ...(await profiled(folder, client)), ...(await calls(folder, client))];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function variants(client: string | undefined): Promise<string[]> {
  const servers = new Map([
    ["an echo in Node, nothing else", await pingedProgram([here("../goals/echo.mjs")], client)],
    ["executeSync of the library for each chunk", await pingedProgram([here("syncServer.mjs")], client)],
    ["`tabtpm socket`", await pingedTpm(commandOf(), client)],
    ...(isOnPath("swtpm") ? ([["`swtpm socket`", await pingedTpm(["swtpm"], client)]] as const) : []),
  ]);
  const rounds = await takeTurns(new Map([...servers].map(([name, { turn }]) => [name, turn])), ROUNDS);
  for (const server of servers.values()) await server.done();
  const rows = [...servers.keys()].map((name) => [
    name,
    ...["cpu", "wall"].map((field) => number(figureOf(rounds, name, field) ?? Number.NaN)),
  ]);
  return table(["server, TPM2_GetRandom(8)", "its CPU, us", "answer, us"], rows);
}

async function profiled(folder: string, client: string | undefined): Promise<string[]> {
  const [node = "", file = ""] = commandOf();
  const profiles = join(folder, "profiles");
  const options = ["--cpu-prof", "--cpu-prof-interval=100", `--cpu-prof-dir=${profiles}`];
  const server = await pingedTpm([node, ...options, file], client);
  for (let turn = 0; turn < PROFILED; turn++) await server.turn();
  await server.done();
  const all = readdirSync(profiles).map((name) => JSON.parse(readFileSync(join(profiles, name), "utf8")) as Profile);
  // A worker has one of its own.
  const [largest] = all.sort((a, b) => (b.samples?.length ?? 0) - (a.samples?.length ?? 0));
  if (!largest) throw new Error("the server has left no profile");
  return sharesTable("`tabtpm socket`, profile of the server's thread", selfTimes(largest, serverName), LEAST);
}

async function calls(folder: string, client: string | undefined): Promise<string[]> {
  if (!isOnPath("strace")) return [];
  const file = join(folder, "calls");
  const server = await pingedTpm(commandOf(), client);
  const args = ["-f", "-c", "-o", file, "-p", String(server.pid)];
  const strace = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(strace, "exit");
  // It says so when it has attached, or why it can't.
  await once(strace.stderr, "data");
  await server.turn();
  strace.kill("SIGINT");
  await ended;
  await server.done();
  const { calls: counted } = callsIn(existsSync(file) ? readFileSync(file, "utf8") : "", []);
  return counted === 0
    ? []
    : ["", `System calls of the server for an answer, waits included: ${number(counted / TURNS)} (strace).`];
}
