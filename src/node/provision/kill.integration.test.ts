/** `tabtpm provision` whose process is killed: the folder has a whole TPM or none, and the next one goes on. */
import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../cli.ts";
import { FakeStreams } from "../testkit/streams.ts";
import { CERTIFICATE_FILE } from "./authorityFiles.ts";

const TABTPM = fileURLToPath(new URL("../bin/tabtpm.mjs", import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-killed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const provision = (name: string) => ["provision", "--state", join(folder, name), "--ca", join(folder, `${name}-ca`)];

/** @returns the lines that it wrote until it was killed. */
async function killedAfter(lines: number, name: string): Promise<string[]> {
  const child = spawn(process.execPath, [TABTPM, ...provision(name)], { stdio: ["ignore", "pipe", "inherit"] });
  const written: string[] = [];
  const ended = once(child, "exit");
  for await (const line of createInterface(child.stdout)) {
    written.push(line);
    if (written.length === lines) child.kill("SIGKILL");
  }
  expect(await ended).toEqual([null, "SIGKILL"]);
  return written;
}

it.each([1, 5, 9])("killed while it makes certificate %i", async (number) => {
  const name = `tpm-${number}`;
  const lines = await killedAfter(number, name);
  expect(lines[number - 1]).toMatch(new RegExp(`^EK certificate ${number} of 9: `));

  const before = new FakeStreams(false);
  expect(await run(["inspect", "--state", join(folder, name)], before)).not.toBe(0);
  expect(before.errors).toMatch(/no TPM/i);

  const after = new FakeStreams(false);
  expect([await run(provision(name), after), after.errors]).toEqual([0, ""]);
  const shown = new FakeStreams(false);
  expect([await run(["inspect", "--state", join(folder, name)], shown), shown.errors]).toEqual([0, ""]);
  expect(shown.output).toContain("0x01c00002");
  // Of the CA that was made before the kill, and no half of another beside it.
  const ca = new X509Certificate(await readFile(join(folder, `${name}-ca`, CERTIFICATE_FILE)));
  expect(ca.ca).toBe(true);
  expect((await readdir(folder)).filter((entry) => entry.startsWith("."))).toEqual([]);
});
