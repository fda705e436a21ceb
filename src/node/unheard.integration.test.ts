/** Output that nobody reads, or that can't be written: no TPM ends by it, and nobody hears a complaint. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client } from "./testkit/client.ts";
import { GET_RANDOM, responseCode, STARTUP, SUCCESS } from "./testkit/messages.ts";
import { startTabtpm } from "./testkit/process.ts";

const COMMAND = fileURLToPath(new URL("./bin/tabtpm.mjs", import.meta.url));
const PROTOCOL_ERRORS = 20;

let folder: string;
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-unheard-"));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Clients that are cut off, of each of which the server says a line. */
async function beBad(where: number | string, hex: string): Promise<void> {
  for (let count = 0; count < PROTOCOL_ERRORS; count++) {
    const client = await Client.to(where);
    client.send(hex);
    await client.closed();
    client.close();
  }
}

describe("tabtpm simulator", () => {
  it("outlives the reader of its output", async () => {
    const { child, ports, end } = await startTabtpm("simulator", "--port", "0");
    children.push(child);
    child.stdout?.destroy();
    child.stderr?.destroy();
    const [commands, platform] = ports as [number, number];
    await beBad(commands, "000000ff");
    await beBad(platform, "000000ff");
    const power = await Client.to(platform);
    expect(await power.ask("00000001", 4)).toBe("00000000");
    const client = await Client.to(commands);
    expect(await client.ask(`00000008 00 0000000c ${STARTUP}`, 18)).toBe(`0000000a${SUCCESS}00000000`);
    client.close();
    power.close();
    expect(await end("SIGTERM")).toBe(0);
  });
});

describe("tabtpm socket", () => {
  /** Whether it is reached at `data`, and still is after many lines of its log. */
  async function serves(child: ChildProcess, control: string, data: string): Promise<void> {
    const ended = once(child, "exit");
    await reached(child, data);
    await reached(child, control);
    // A blob of 4 GB.
    await beBad(control, "0000000d 00000000 00000001 ffffffff");
    const client = await Client.to(data);
    expect(await client.ask(STARTUP, 10)).toBe(SUCCESS);
    for (let count = 0; count < 300; count++) {
      expect(responseCode(await client.ask(GET_RANDOM, 16))).toBe("00000000");
    }
    client.close();
    child.kill("SIGTERM");
    expect((await ended)[0]).toBe(0);
  }

  function start(stdio: StdioOptions, redirection: string, ...args: string[]): [ChildProcess, string, string] {
    const [control, data] = [join(folder, "control"), join(folder, "data")];
    const options = [
      ...["socket", "--tpm2", "--tpmstate", `dir=${join(folder, "state")}`, "--flags", "not-need-init"],
      ...["--ctrl", `type=unixio,path=${control}`, "--server", `type=unixio,path=${data}`, ...args],
    ];
    const script = `exec "$0" "$@" ${redirection}`;
    const child = spawn("sh", ["-c", script, process.execPath, COMMAND, ...options], { stdio, cwd: folder });
    children.push(child);
    return [child, control, data];
  }

  /** Resolves when it can be reached. */
  async function reached(child: ChildProcess, path: string): Promise<void> {
    for (let client: Client | undefined; client === undefined; ) {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      client = await Client.to(path).catch(() => undefined);
      client?.close();
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  it.each([
    ["a full disk", "1>/dev/full 2>/dev/full", "level=5"],
    ["closed descriptors", "1>&- 2>&-", "level=5"],
    ["a full disk for the log's file", "", "file=/dev/full,level=5"],
    // Numbers that Node takes for itself, and one that it does not.
    ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 99].map((fd) => [`a closed descriptor ${fd}`, "", `fd=${fd},level=5`]),
    ["a full disk for the log's descriptor", "3>/dev/full", "fd=3,level=5"],
  ])("outlives %s", async (_, redirection, log) => {
    const [child, control, data] = start("ignore", redirection, "--log", log);
    await serves(child, control, data);
  });

  it.each([
    ["whose reader has gone", true],
    ["that nobody reads", false],
  ])("outlives pipes %s", async (_, isDestroyed) => {
    const pipes: StdioOptions = ["ignore", "pipe", "pipe", "pipe"];
    const [child, control, data] = start(pipes, "", "--log", "fd=3,level=5");
    for (const stream of child.stdio.slice(1)) if (isDestroyed) stream?.destroy();
    await serves(child, control, data);
  });

  it("writes its log to a pipe that is read", async () => {
    const file = join(folder, "log");
    const fd = openSync(file, "w");
    const [child, control, data] = start(["ignore", "ignore", "ignore", fd], "", "--log", "fd=3,level=2");
    closeSync(fd);
    await serves(child, control, data);
    expect((await readFile(file, "utf8")).match(/locality 0: .*GetRandom/g)).toHaveLength(300);
  });
});

describe("into `head -1`", () => {
  const head = async (...args: string[]) => {
    const script = '{ "$0" "$@"; echo "$?" >&3; } | head -1';
    const child = spawn("sh", ["-c", script, process.execPath, COMMAND, ...args], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    children.push(child);
    const said = ["", "", "", ""];
    for (const [fd, stream] of child.stdio.entries()) {
      stream?.on("data", (bytes: Buffer) => {
        said[fd] += bytes.toString();
      });
    }
    await once(child, "close");
    const [, output = "", errors, code] = said;
    return { lines: output.trim().split("\n").length, errors, code };
  };
  const quiet = { lines: 1, errors: "", code: "0\n" };

  it("help, versions and what a TPM holds end quietly", async () => {
    for (const args of [["--help"], ["--version"], ["socket", "--help"], ["boot", "--help"]]) {
      expect(await head(...args)).toEqual(quiet);
    }
  });

  it("`provision` makes its TPM", async () => {
    const state = join(folder, "state");
    expect(await head("provision", "--state", state)).toEqual(quiet);
    expect(await head("inspect", "--state", state)).toEqual(quiet);
  });

  it("`boot` quits", async () => {
    expect(await head("boot")).toEqual(quiet);
  });
});
