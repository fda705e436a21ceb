/** `--pcap` of the servers, as a user has them: tpm2-tools as clients, Wireshark as the reader, kill -9 as the end. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dissectFile } from "../trace/testkit/tshark.ts";
import { recordTpm } from "./captureFile.ts";
import { createTpm } from "./index.ts";
import { isInstalled } from "./testkit/installed.ts";
import { output, startForTools, startTabtpm } from "./testkit/process.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tabtpm-capture-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function simulator(...options: string[]) {
  const server = await startTabtpm("simulator", "--port", "0", ...options);
  return { server, tcti: `mssim:host=127.0.0.1,port=${server.ports[0]}` };
}
async function socket(name: string, ...options: string[]) {
  const state = join(folder, name);
  await mkdir(state);
  return startForTools("--tpmstate", `dir=${state}`, "--flags", "not-need-init", ...options);
}

describe.runIf(isInstalled("tshark", "tpm2_getrandom", "mkfifo"))("--pcap", () => {
  it.each([
    ["simulator", (file: string) => simulator("--pcap", file)],
    ["socket", (file: string) => socket("captured", "--pcap", `file=${file}`)],
  ])("of tabtpm %s is read by Wireshark, even when the server was killed", async (name, start) => {
    const file = join(folder, `${name}.pcapng`);
    const { server, tcti } = await start(file);
    const env = { TPM2TOOLS_TCTI: tcti };
    await output("tpm2_startup", ["-c"], env);
    await output("tpm2_changeauth", ["-c", "owner", "hunter22"], env);
    await expect(output("tpm2_clear", ["-c", "p", "wrong"], env)).rejects.toThrow();
    await server.end("SIGKILL");
    const packets = dissectFile(file);
    const told = packets.map(({ info }) => /(?:Command TPM2_CC_|Response Code )([^,]*)/.exec(info)?.[1]);
    expect(told.slice(0, 2)).toEqual(["Startup", "TPM2 Success"]);
    expect(told).toContain("HierarchyChangeAuth");
    const clear = told.indexOf("Clear");
    expect(clear).toBeGreaterThan(0);
    expect(packets[clear + 1]?.responseCode).toBe(0x9a2);
    expect((await readFile(file)).includes("hunter22")).toBe(false);
  });

  it("to a pipe that nobody reads, or to a link, keeps no TPM from its work", async () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);
    const started = [await simulator("--pcap", pipe), await socket("unread", "--pcap", `file=${pipe},secrets`)];
    for (const { server, tcti } of started) {
      await output("tpm2_startup", ["-c"], { TPM2TOOLS_TCTI: tcti });
      expect(await server.end("SIGTERM")).toBe(0);
    }
  });
});

it.runIf(isInstalled("mkfifo"))("--pcap to a pipe whose reader goes ends there, which is said once", async () => {
  const pipe = join(folder, "left");
  execFileSync("mkfifo", [pipe]);
  const reader = spawn("sh", ["-c", 'exec 3<>"$0"; echo ready; exec head -c 4 <&3', pipe]);
  const gone = once(reader, "exit");
  await once(reader.stdout, "data");
  const tpm = createTpm({ store: { kind: "memory" } });
  await tpm.powerOn();
  const said: string[] = [];
  await new Promise<void>((resolve) => {
    const say = (text: string) => {
      said.push(text);
      resolve();
    };
    recordTpm(tpm, { file: pipe, revealSecrets: false }, say);
    void gone.then(async () => {
      await tpm.execute(new Uint8Array(10));
      await tpm.execute(new Uint8Array(10));
    });
  });
  expect((await tpm.execute(new Uint8Array(10))).length).toBe(10);
  await tpm.close();
  expect(said).toEqual([expect.stringMatching(/^--pcap: .*left ends here: .*EPIPE/)]);
});
