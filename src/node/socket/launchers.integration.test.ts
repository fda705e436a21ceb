/**
 * Every line of launcherLines.ts in a process of its own: it serves, by what its launcher talks to, and ends. And the
 * programs of install-swtpm, as libvirt runs them.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Client } from "../testkit/client.ts";
import { isInstalled } from "../testkit/installed.ts";
import { TAKEN } from "../testkit/launcherLines.ts";
import { STARTUP, SUCCESS } from "../testkit/messages.ts";
import { TABTPM } from "../testkit/process.ts";

const PASSWORDS = [25, 26];
const run = promisify(execFile);
let dir: string;
let listener: Server | undefined;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-launch-"));
  await mkdir(join(dir, "D"));
});
afterEach(async () => {
  listener = undefined;
  await rm(dir, { recursive: true, force: true });
});

/** The line with paths in this test's folder; its log and its one file lie beside D. */
function argumentsOf(line: string): string[] {
  const path = (name: string) => join(dir, name);
  return line
    .replace(/path=S/, `path=${path("S")}`)
    .replace(/(dir=|dir:\/\/)D/, `$1${path("D")}`)
    .replace(/file:\/\/D/, `file://${path("state")}`)
    .replace(/--log file=D/, `--log file=${path("log")}`)
    .replace(/--pid file=F/, `--pid file=${path("pid")}`)
    .split(" ");
}

/**
 * A listening socket whose descriptor is handed over, as systemd does. It is closed here afterwards, or its connections
 * would be taken here; Node then deletes the name that it was bound to, which it no longer has.
 */
async function listening(): Promise<number> {
  listener = createServer().listen(join(dir, "bound"));
  await once(listener, "listening");
  await rename(join(dir, "bound"), join(dir, "S"));
  return (listener as unknown as { _handle: { fd: number } })._handle.fd;
}

async function start(program: string, words: readonly string[]): Promise<ChildProcess> {
  const stdio: ("ignore" | "pipe" | "inherit" | number)[] = ["ignore", "pipe", "pipe"];
  for (const [text, fd] of [[",fd=3", 3], ...PASSWORDS.map((fd) => [`pwdfd=${fd}`, fd] as const)] as const) {
    if (!words.some((word) => word.includes(text))) continue;
    while (stdio.length < fd) stdio.push("ignore");
    stdio[fd] = fd === 3 ? await listening() : "pipe";
  }
  const child = spawn(program, words, { stdio });
  listener?.close();
  // Its writer stays open.
  for (const fd of PASSWORDS) (child.stdio[fd] as Writable | null | undefined)?.write("swordfish");
  return child;
}

/** Resolves when the server can be asked. @throws Error with what it said when it ended before. */
async function untilItListens(child: ChildProcess, isDaemon: boolean): Promise<void> {
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  if (isDaemon) {
    expect([(await once(child, "exit"))[0], errors]).toEqual([0, ""]);
    return;
  }
  const ended = once(child, "exit").then(([code]) => {
    throw new Error(`ended with ${code}: ${errors}`);
  });
  await Promise.race([once(child.stdout as NonNullable<typeof child.stdout>, "data"), ended]);
}

/** As QEMU ends it. */
async function shutDown(client: Client, child: ChildProcess, pid: number | undefined): Promise<void> {
  const ended = child.exitCode === null ? once(child, "exit") : undefined;
  expect(await client.ask("00000003", 4)).toBe("00000000");
  if (pid === undefined) expect((await ended)?.[0]).toBe(0);
  else while (existsSync(`/proc/${pid}`)) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe("the command line of", () => {
  it.each(TAKEN)("%s starts a server that its launcher can talk to", async (_, line, { daemon = false, migration }) => {
    const child = await start(process.execPath, [TABTPM, "socket", ...argumentsOf(line)]);
    await untilItListens(child, daemon);
    const pidFile = join(dir, "pid");
    const pid = line.includes("--pid") ? Number(readFileSync(pidFile, "utf8")) : undefined;
    if (pid !== undefined) process.kill(pid, 0);
    const hasState = () => existsSync(join(dir, "state")) || existsSync(join(dir, "D", "tpm2.state"));
    expect(hasState()).toBe(!migration?.incoming);
    const client = await Client.to(join(dir, "S"));
    expect(await client.ask("00000001", 8)).toMatch(/^00000000/);
    expect(await client.ask("00000002 00000000", 4)).toBe("00000000");
    expect(hasState()).toBe(true);
    await shutDown(client, child, daemon ? pid : undefined);
    if (pid !== undefined) expect(existsSync(pidFile)).toBe(false);
    if (line.includes("prefix=")) expect(readFileSync(join(dir, "log"), "utf8")).toMatch(/^\[id=100\]a control client/);
  });
});

describe("the programs of install-swtpm", () => {
  const bin = () => join(dir, "bin");
  const program = async (name: string, ...words: string[]) => (await run(join(bin(), name), words)).stdout;
  beforeEach(async () => {
    await run(process.execPath, [TABTPM, "install-swtpm", bin(), "--ca", join(dir, "ca")]);
  });

  it("make, reconfigure, serve and end a TPM as libvirt asks them to", async () => {
    expect(JSON.parse(await program("swtpm", "socket", "--print-capabilities"))).toMatchObject({ type: "swtpm" });
    expect(JSON.parse(await program("swtpm_setup", "--print-capabilities"))).toMatchObject({ type: "swtpm_setup" });
    await program("swtpm_setup", "--create-config-files", "skip-if-exist");

    await writeFile(join(dir, "password"), "swordfish");
    const key = ["--pwdfile", join(dir, "password"), "--cipher", "aes-256-cbc"];
    const setup = ["--tpm2", ...key, "--tpm-state", join(dir, "D"), "--logfile", join(dir, "log")];
    const make = "--createek --create-ek-cert --create-platform-cert --lock-nvram --not-overwrite".split(" ");
    expect(await program("swtpm_setup", ...setup, "--vmid", "vm:01", ...make)).toBe("");
    expect(await program("swtpm_setup", ...setup, "--pcr-banks", "sha256", "--reconfigure")).toBe("");
    await expect(program("swtpm_setup", "--tpm-state", join(dir, "D"))).rejects.toThrow("tabtpm is a TPM 2.0 only");

    const ctrl = ["--ctrl", `type=unixio,path=${join(dir, "S")},mode=0600`];
    const keys = ["--key", "pwdfd=25,mode=aes-256-cbc", "--migration-key", "pwdfd=26,mode=aes-256-cbc"];
    const state = ["--tpmstate", `dir=${join(dir, "D")},mode=0600`];
    const server = ["--server", `type=unixio,path=${join(dir, "data")}`];
    const child = await start(join(bin(), "swtpm"), ["socket", "--tpm2", ...ctrl, ...server, ...state, ...keys]);
    await untilItListens(child, false);
    await program("swtpm_ioctl", "--unix", join(dir, "S"), "-i");
    const data = await Client.to(join(dir, "data"));
    expect(await data.ask(STARTUP, 10)).toBe(SUCCESS);
    // The platform's certificate is there: TPM2_NV_ReadPublic.
    expect(await data.ask("80010000000e0000016901c08000", 10)).toMatch(/00000000$/);
    data.close();
    const ended = once(child, "exit");
    await program("swtpm_ioctl", "--unix", join(dir, "S"), "-s");
    expect((await ended)[0]).toBe(0);
  }, 120_000);

  it.runIf(isInstalled("swtpm_ioctl", "swtpm"))("swtpm_ioctl and Debian's work with both servers", async () => {
    const socket = join(dir, "S");
    const talks = async (ioctl: string) => {
      const say = async (...words: string[]) => (await run(ioctl, ["--unix", socket, ...words])).stdout;
      await say("-i");
      await say("-h", "a measured program");
      const said = [await say("-e"), await say("-g"), await say("-b", "0")];
      await say("--save", "permanent", join(dir, "blob"));
      await say("--stop");
      await say("--load", "permanent", join(dir, "blob"));
      return said;
    };
    const answers: string[][] = [];
    for (const swtpm of [join(bin(), "swtpm"), "swtpm"]) {
      const state = join(dir, `state-${answers.length}`);
      await mkdir(state);
      await chmod(state, 0o777);
      const words = ["socket", "--tpm2", "--tpmstate", `dir=${state}`, "--ctrl", `type=unixio,path=${socket}`];
      const child = spawn(swtpm, words, { stdio: "ignore" });
      const ended = once(child, "exit");
      while (!existsSync(socket)) await new Promise((resolve) => setTimeout(resolve, 20));
      for (const ioctl of [join(bin(), "swtpm_ioctl"), "swtpm_ioctl"]) answers.push(await talks(ioctl));
      await run("swtpm_ioctl", ["--unix", socket, "-s"]);
      await ended;
      await rm(socket, { force: true });
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[2]).toEqual(answers[3]);
    expect(answers[0]?.slice(0, 2)).toEqual(["tpmEstablished is 1\n", "ptm configuration flags: 0x0\n"]);
  });
});
