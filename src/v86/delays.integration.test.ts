/**
 * A host that is slow, stopped or busy is none of the guest's business: whatever it does to the answers of the TPM and to
 * the time between two instructions, the boot is measured and Linux has its TPM.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { HASH_ALGORITHMS, parseEventLog } from "../firmware/eventLog.ts";
import { replayEventLog } from "../firmware/eventLogReplay.ts";
import { delayed } from "./testkit/delayedBackend.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** What a time-out in the firmware or in Linux would have taken away. */
async function expectWhole({ machine, shell }: Pc): Promise<void> {
  const { address, size } = machine.log!;
  const { events } = parseEventLog(machine.readPhysical(address, size));
  expect(events.length).toBeGreaterThan(10);
  for (const [algorithm, pcrs] of await replayEventLog(events)) {
    const bank = HASH_ALGORITHMS.get(algorithm)!.name.toLowerCase().replace("-", "");
    const files = [...pcrs.keys()].map((index) => `/sys/class/tpm/tpm0/pcr-${bank}/${index}`).join(" ");
    const values = (await shell.ok(`cat ${files}`)).toLowerCase().split("\n");
    expect(values).toEqual([...pcrs.values()].map(hex));
  }
  const properties = await shell.ok("tpm2_getcap properties-variable");
  for (const hierarchy of ["ph", "sh", "eh"]) expect(properties).toMatch(new RegExp(`${hierarchy}Enable: +1`));
  await shell.ok("tpm2_changeauth -c owner secret");
  expect(await shell.ok("dmesg")).not.toMatch(/timed? ?out|-62\b|field failure|tpm tpm0: A TPM error/i);
}

const seeded = (seed: number) => {
  const numbers: number[] = [];
  for (let x = seed; numbers.length < 3; ) {
    x = (x * 1_103_515_245 + 12_345) % 2 ** 31;
    numbers.push(1 + ((x >>> 8) % 60));
  }
  return numbers;
};

describe("a boot is whole when the answer", () => {
  it.each([...[1, 2, 4, 19, 45], ...seeded(9)])("number %i takes three seconds", async (number) => {
    const pc = await bootPc({ kind: "memory" }, (tpm) => delayed(tpm, new Map([[number, 3000]])));
    try {
      await expectWhole(pc);
    } finally {
      await pc.close();
    }
  });

  it("number 1, 4 and 19 take just longer than the firmware waits", async () => {
    const delays = new Map([
      [1, 1000],
      [4, 900],
      [19, 2600],
    ]);
    const pc = await bootPc({ kind: "memory" }, (tpm) => delayed(tpm, delays));
    try {
      await expectWhole(pc);
    } finally {
      await pc.close();
    }
  });
});

it("a boot is whole on a thread that is busy for a second again and again", async () => {
  const block = setInterval(() => {
    const end = performance.now() + 1000;
    while (performance.now() < end);
  }, 20);
  const stop = setTimeout(() => clearInterval(block), 15_000);
  const pc = await bootPc();
  clearInterval(block);
  clearTimeout(stop);
  try {
    await expectWhole(pc);
  } finally {
    await pc.close();
  }
});

describe.skipIf(process.platform === "win32")("a machine whose process is stopped", () => {
  const COMMAND = fileURLToPath(new URL("../node/bin/tabtpm.mjs", import.meta.url));
  let child: ChildProcess;
  let output = "";
  let changed: () => void = () => {};
  afterEach(() => child.kill("SIGKILL"));

  function boot(): void {
    output = "";
    child = spawn(process.execPath, [COMMAND, "boot"], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdout!.on("data", (bytes: Buffer) => {
      output += bytes.toString();
      changed();
    });
    child.on("exit", () => changed());
  }
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  async function shows(pattern: RegExp): Promise<void> {
    while (!pattern.test(output)) {
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}:\n${output}`);
      await new Promise<void>((resolve) => {
        changed = resolve;
      });
    }
  }
  async function stopFor(ms: number): Promise<void> {
    child.kill("SIGSTOP");
    await wait(ms);
    child.kill("SIGCONT");
  }
  /** Commands at the prompt, and what they print. */
  async function run(commands: string): Promise<string> {
    const from = output.length;
    child.stdin!.write(`${commands}; echo status "=" $?\n`);
    const end = /status = (\d+)\r?\n/;
    while (!end.test(output.slice(from))) await shows(new RegExp(`^[^]{${output.length},}[^]`));
    return output.slice(from);
  }
  async function expectUnharmed(): Promise<void> {
    expect(await run("tpm2_changeauth -c owner secret")).toMatch(/status = 0/);
    const properties = await run("tpm2_getcap properties-variable");
    for (const hierarchy of ["ph", "sh", "eh"]) expect(properties).toMatch(new RegExp(`${hierarchy}Enable: +1`));
    expect(await run("cat /sys/class/tpm/tpm0/pcr-sha256/0")).toMatch(/^(?!0{64})[0-9A-F]{64}\r?$/m);
    expect(await run("dmesg | grep -ciE 'timed? ?out|field failure|panic'")).toMatch(/\n0\r?\n/);
  }

  it("for 5 s in the firmware", async () => {
    boot();
    await shows(/SeaBIOS/);
    await wait(250);
    await stopFor(5000);
    await shows(/tabtpm# $/);
    await expectUnharmed();
  });

  it("in trains of a second with 4 ms between them, from the banner on", async () => {
    boot();
    await shows(/SeaBIOS/);
    for (let i = 0; i < 15; i++) {
      await stopFor(1000);
      await wait(4);
    }
    await shows(/tabtpm# $/);
    await expectUnharmed();
  });

  it("for 5 s in TPM2_CreatePrimary and between two commands", async () => {
    boot();
    await shows(/tabtpm# $/);
    const creating = run("tpm2_createprimary -Q -C o -G rsa3072 -c p.ctx");
    await wait(400);
    await stopFor(5000);
    expect(await creating).toMatch(/status = 0/);
    await stopFor(5000);
    await expectUnharmed();
  });
});
