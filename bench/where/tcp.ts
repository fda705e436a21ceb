/** Where the time of a small command over TCP goes: servers that do less, a profile of the server, its system calls. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { callsIn } from "../goals/outside.ts";
import { compiledClient, pingedProgram, pingedTpm } from "../goals/pinged.ts";
import { figureOf, takeTurns } from "../goals/turns.ts";
import { isOnPath } from "../processes.mjs";
import { commandOf } from "../tpm/subjects.ts";
import { number, table } from "./page.ts";
import { type Profile, selfTimes, serverName, sharesTable } from "./profile.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const ROUNDS = 15;
const LEAST = 0.015;
/** Answers that are profiled: enough that the server's start is not much of it. */
const TURNS = 150;

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

/** Runs `tabtpm socket` below other arguments of Node or below another program, for so many turns. */
async function served(program: readonly string[], client: string | undefined, turns: number): Promise<void> {
  const taker = await pingedTpm(program, client);
  for (let turn = 0; turn < turns; turn++) await taker.turn();
  await taker.done();
}

async function profiled(folder: string, client: string | undefined): Promise<string[]> {
  const [node = "", file = ""] = commandOf();
  const profiles = join(folder, "profiles");
  const options = ["--cpu-prof", "--cpu-prof-interval=100", `--cpu-prof-dir=${profiles}`];
  await served([node, ...options, file], client, TURNS);
  const all = readdirSync(profiles).map((name) => JSON.parse(readFileSync(join(profiles, name), "utf8")) as Profile);
  // A worker has one of its own.
  const [largest] = all.sort((a, b) => (b.samples?.length ?? 0) - (a.samples?.length ?? 0));
  if (!largest) throw new Error("the server has left no profile");
  return sharesTable("`tabtpm socket`, profile of the server's thread", selfTimes(largest, serverName), LEAST);
}

async function calls(folder: string, client: string | undefined): Promise<string[]> {
  if (spawnSync("strace", ["-V"], { stdio: "ignore" }).status !== 0) return [];
  const counted = async (turns: number) => {
    const file = join(folder, `calls-${turns}`);
    const [node = "", command = ""] = commandOf();
    await served(["strace", "-f", "-c", "-o", file, node, command], client, turns);
    return callsIn(readFileSync(file, "utf8"), []).calls;
  };
  const [few, many] = [await counted(1), await counted(3)];
  return ["", `System calls of the server for an answer, waits included: ${number((many - few) / 2000)} (strace).`];
}
