/** Servers that are asked for a small command over TCP, by a client that adds as little as it can (./ping.c). */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connected, freePort } from "../../asm/testkit/swtpm.ts";
import { median } from "../crypto/interleave.ts";
import { cpuOf } from "../processes.mjs";
import type { Taker } from "./taker.ts";

const SOURCE = fileURLToPath(new URL("ping.c", import.meta.url));
const ECHO = fileURLToPath(new URL("echo.mjs", import.meta.url));
const GET_RANDOM = Uint8Array.of(0x80, 1, 0, 0, 0, 12, 0, 0, 1, 0x7b, 0, 8);
/** Answers in a turn, and before the first one: compilers have done their work then. */
export const TURNS = 1000;
const WARM_UP = 20_000;

/** Compiles the client. @returns its file, or undefined where there is no C compiler */
export function compiledClient(folder: string): string | undefined {
  const program = join(folder, "ping");
  const { status } = spawnSync("cc", ["-O2", "-o", program, SOURCE], { stdio: ["ignore", "ignore", "inherit"] });
  return status === 0 ? program : undefined;
}

interface Client {
  /** Sends the command so many times, awaits each answer. @returns the median, nanoseconds */
  ping(times: number): Promise<number>;
  close(): void;
}

function cClient(program: string, port: number): Client {
  const child = spawn(program, [String(port)], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async ping(times) {
      child.stdin.write(`${times}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the client of port ${port} has ended`);
      return Number(value);
    },
    close: () => child.stdin.end(),
  };
}

function nodeClient(socket: Socket): Client {
  return {
    async ping(times) {
      const all: number[] = [];
      for (let i = 0; i < times; i++) {
        const start = performance.now();
        socket.write(GET_RANDOM);
        await once(socket, "data");
        all.push(performance.now() - start);
      }
      return median(all) * 1e6;
    },
    close: () => socket.destroy(),
  };
}

export interface PingedServer extends Taker {
  /** Of the server's process. */
  pid: number;
}

async function pinged(
  server: ChildProcess,
  port: number,
  client: string | undefined,
  done: () => void,
): Promise<PingedServer> {
  const first = await connected(port);
  if (client !== undefined) first.destroy();
  const pinger = client === undefined ? nodeClient(first) : cClient(client, port);
  await pinger.ping(WARM_UP);
  const pid = server.pid as number;
  return {
    pid,
    async turn() {
      const before = cpuOf(pid);
      const wall = await pinger.ping(TURNS);
      return { wall: wall / 1000, cpu: (cpuOf(pid) - before) / TURNS };
    },
    async done() {
      pinger.close();
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
      done();
    },
  };
}

/** @param program swtpm, or what takes its options */
export async function pingedTpm([program = "", ...first]: readonly string[], client?: string): Promise<PingedServer> {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-bench-tcp-"));
  const port = await freePort();
  const options = ["--tpm2", "--tpmstate", `dir=${folder}`, "--server", `type=tcp,port=${port}`];
  const args = [...first, "socket", ...options, "--flags", "not-need-init,startup-clear"];
  const server = spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  return pinged(server, port, client, () => rmSync(folder, { recursive: true, force: true }));
}

/** @param args of Node, for a server whose last argument is its port */
export async function pingedProgram(args: readonly string[], client?: string): Promise<PingedServer> {
  const port = await freePort();
  const server = spawn(process.execPath, [...args, String(port)], { stdio: ["ignore", "ignore", "inherit"] });
  return pinged(server, port, client, () => {});
}

export const pingedEcho = (client?: string) => pingedProgram([ECHO], client);
