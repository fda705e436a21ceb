/** The control channel beside Debian's swtpm: the same bytes get the same answers. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client } from "../testkit/client.ts";
import { isInstalled } from "../testkit/installed.ts";
import { readPcr, STARTUP } from "../testkit/messages.ts";
import { type SocketServer, startSocketServer } from "../testkit/socketServer.ts";

/** What is sent to the control channel, or to the data channel, and the size of the answer, bytes. */
type Step = [channel: "control" | "data", hex: string, size: number];

const READ_PCR_17 = readPcr(17);
const SET_LOCALITY_3 = "80010000000b2000100003";

const STEPS: Step[] = [
  ["data", STARTUP, 10],
  // Established, hash start, hash end, cancel, store volatile, get state: not while it does not run.
  ...["04", "06", "08", "09", "0a", "0c000000000000000100000000"].map((rest): Step => ["control", `000000${rest}`, 4]),
  ["control", "0000000f", 8],
  ["control", "000000ff", 4],
  // Buffer sizes: to ask, too small, too large, and what QEMU's CRB has.
  ...["00000000", "0000000a", "00002000", "00000f80"].map((size): Step => ["control", `00000011${size}`, 16]),
  ["control", "0000000200000000", 4],
  ["control", "0000000504", 4],
  ["control", "0000000505", 4],
  ["control", "0000000500", 4],
  ["data", STARTUP, 10],
  ["data", STARTUP, 10],
  ["data", `00000008000000000c${STARTUP}`, 18],
  ["data", SET_LOCALITY_3, 10],
  ["control", "00000004", 8],
  ["control", "00000006", 4],
  ["control", "0000000700000003616263", 4],
  ["control", "00000008", 4],
  ["control", "00000004", 8],
  ["control", "0000000b02", 4],
  ["control", "0000000b05", 4],
  ["control", "0000000b04", 4],
  ["control", "00000004", 8],
  ["data", READ_PCR_17, 62],
  ["control", "0000001100000400", 4],
  ["control", "00000009", 4],
  ["control", "0000000d000000000000000300000000", 4],
  // No savestate in a TPM 2.0.
  ["control", "0000000c000000000000000300000000", 16],
  ["control", "0000000a", 4],
  // Resumes.
  ["control", "0000000200000001", 4],
  ["data", STARTUP, 10],
  ["data", READ_PCR_17, 62],
  // A plain _TPM_Init.
  ["control", "0000000200000000", 4],
  ["data", READ_PCR_17, 10],
  ["control", "0000000e", 4],
  ["control", "0000000d000000000000000900000000", 4],
  ["control", "00000003", 4],
];

async function answers(control: Client, data: Client): Promise<string[]> {
  const got: string[] = [];
  for (const [channel, hex, size] of STEPS) {
    const client = channel === "control" ? control : data;
    client.send(hex);
    // Refusals are shorter than answers.
    const first = await client.receive(4);
    const isRefused = channel === "control" && first !== "00000000" && size !== 16;
    got.push(first + (size > 4 && !isRefused ? await client.receive(size - 4) : ""));
  }
  return got;
}

describe.runIf(isInstalled("swtpm"))("the control channel", () => {
  let folder: string;
  let swtpm: ChildProcess;
  let tabtpm: SocketServer;
  const at = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-beside-"));
    const options = (name: string) => [
      ...["--ctrl", `type=unixio,path=${at(`${name}.control`)}`],
      ...["--server", `type=unixio,path=${at(`${name}.data`)}`, "--locality", "allow-set-locality"],
    ];
    tabtpm = await startSocketServer(options("tabtpm"));
    swtpm = spawn("swtpm", ["socket", "--tpm2", "--tpmstate", `dir=${folder}`, ...options("swtpm")], {
      stdio: "ignore",
    });
    while (
      !(await access(at("swtpm.data")).then(
        () => true,
        () => false,
      ))
    )
      await sleep(25);
  });
  afterAll(async () => {
    await tabtpm.close();
    if (swtpm.exitCode === null) {
      swtpm.kill();
      await once(swtpm, "exit");
    }
    await rm(folder, { recursive: true, force: true });
  });

  it("answers as swtpm does", async () => {
    const clients = (name: string) => Promise.all([Client.to(at(`${name}.control`)), Client.to(at(`${name}.data`))]);
    const theirs = await answers(...(await clients("swtpm")));
    const ours = await answers(...(await clients("tabtpm")));
    const table = (got: string[]) => got.map((answer, i) => `${STEPS[i]?.[1]} -> ${answer}`);
    expect(table(ours)).toEqual(table(theirs));
  });
});
