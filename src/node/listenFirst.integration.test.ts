/** The servers as processes: they can be reached before they have a TPM, and who waits for it hears how that went. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Client } from "./testkit/client.ts";
import { bare, STARTUP, SUCCESS } from "./testkit/messages.ts";

const COMMAND = fileURLToPath(new URL("./bin/tabtpm.mjs", import.meta.url));

let folder: string;
const at = (name: string) => join(folder, name);
const clients: Client[] = [];
const children: ChildProcess[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-first-"));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** `tabtpm socket` that waits for its key: as long as this test wants to, its state can't be loaded. */
function start(...args: string[]) {
  const child = spawn(
    process.execPath,
    [
      ...[COMMAND, "socket", "--tpm2", "--tpmstate", `dir=${at("state")}`, "--flags", "not-need-init"],
      ...["--key", "pwdfd=3", "--pid", `file=${at("pid")}`, "--ctrl", `type=unixio,path=${at("control")}`],
      ...["--server", `type=unixio,path=${at("data")}`, ...args],
    ],
    { stdio: ["ignore", "pipe", "pipe", "pipe"] },
  );
  children.push(child);
  return { child, key: child.stdio[3] as Writable };
}

async function asking(name: string, hex: string): Promise<Client> {
  while (!existsSync(at(name))) await sleep(5);
  for (;;) {
    const client = await Client.to(at(name)).catch(() => null);
    if (client === null) continue;
    clients.push(client);
    client.send(hex);
    return client;
  }
}

it("clients wait for the state; pid file and the line that tells where come after it", async () => {
  const { child, key } = start();
  const control = await asking("control", "00000001");
  const data = await asking("data", STARTUP);
  let output = "";
  child.stdout?.on("data", (text: Buffer) => {
    output += text.toString();
  });
  expect([existsSync(at("pid")), output, control.pieces, data.pieces]).toEqual([false, "", [], []]);
  key.end("a password");
  expect(await control.receive(8)).toBe("000000000001ffff");
  expect(await data.receive(10)).toBe(SUCCESS);
  expect(await readFile(at("pid"), "utf8")).toBe(`${child.pid}\n`);
  expect(output).toMatch(/^tabtpm: TPM commands on .*, control on .*\n$/);
});

it("clients of a state that can't be opened get an error, and the process ends with one", async () => {
  await mkdir(at("state"));
  await writeFile(at("state/tpm2.state"), "no state");
  const { child, key } = start();
  const ended = once(child, "exit");
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => {
    errors += text.toString();
  });
  const control = await asking("control", "00000001");
  const data = await asking("data", STARTUP);
  key.end("a password");
  expect(await control.receive(4)).toBe("00000009");
  expect(await data.receive(10)).toBe(bare("TPM_RC_FAILURE"));
  expect((await ended)[0]).toBe(1);
  expect(errors).toMatch(/^tabtpm: .*state.*\n$/);
  for (const name of ["pid", "control", "data"]) expect(existsSync(at(name))).toBe(false);
});

it("`--daemon` returns when the state is loaded", async () => {
  const { child, key } = start("--daemon");
  const control = await asking("control", "00000001");
  expect([child.exitCode, existsSync(at("pid"))]).toEqual([null, false]);
  const ended = once(child, "exit");
  key.end("a password");
  expect((await ended)[0]).toBe(0);
  expect(existsSync(at("pid"))).toBe(true);
  expect(await control.receive(8)).toBe("000000000001ffff");
  expect(await control.ask("00000003", 4)).toBe("00000000");
  await control.closed();
  // The last that it does.
  while (existsSync(at("pid"))) await sleep(5);
});

it("`--daemon` fails when there is no state to load", async () => {
  await mkdir(at("state"));
  await writeFile(at("state/tpm2.state"), "no state");
  const { child, key } = start("--daemon");
  const control = await asking("control", "00000001");
  const ended = once(child, "exit");
  key.end("a password");
  expect(await control.receive(4)).toBe("00000009");
  expect((await ended)[0]).toBe(1);
  expect(existsSync(at("pid"))).toBe(false);
});
