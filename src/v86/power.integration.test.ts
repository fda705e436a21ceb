/** What lasts and what does not: resets, power cycles, power cuts and a new process, in the real guest. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { readV86Wasm } from "../node/v86Wasm.ts";
import { createMachine, type Stage } from "./machine.ts";
import { GuestShell } from "./testkit/guestShell.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

const ZEROS = "0".repeat(64);

let dir: string;
let pc: Pc;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-power-"));
  pc = await bootPc({ kind: "file", dir });
});
afterAll(async () => {
  await pc?.close();
  await rm(dir, { recursive: true, force: true });
});

async function clock() {
  const text = await pc.shell.ok("tpm2_readclock");
  return { resetCount: Number(/reset_count: (\d+)/.exec(text)![1]), safe: /safe: (\w+)/.exec(text)![1] };
}
const pcr16 = () => pc.shell.ok("cat /sys/class/tpm/tpm0/pcr-sha256/16");
const ownerAuthSet = async () =>
  /ownerAuthSet: +(\d)/.exec(await pc.shell.ok("tpm2_getcap properties-variable"))![1] === "1";

/** After whatever boots again: the TPM was reset, its permanent state is there, the boot was measured as before. */
async function expectBootedAgain(before: { resetCount: number; pcr0: string }) {
  await pc.shell.stage("shell");
  expect((await clock()).resetCount).toBe(before.resetCount + 1);
  expect(await pcr16()).toBe(ZEROS);
  expect(await ownerAuthSet()).toBe(true);
  expect(await pc.shell.ok("cat /sys/class/tpm/tpm0/pcr-sha256/0")).toBe(before.pcr0);
}

/** PCR 16 is extended, so that a reset shows. */
async function beforeReset() {
  await pc.shell.ok(`tpm2_pcrextend 16:sha256=${"ab".repeat(32)}`);
  expect(await pcr16()).not.toBe(ZEROS);
  return { ...(await clock()), pcr0: await pc.shell.ok("cat /sys/class/tpm/tpm0/pcr-sha256/0") };
}

describe("the TPM's permanent state survives, and PCRs start fresh, after", () => {
  it("reboot -f", async () => {
    await pc.shell.ok("tpm2_changeauth -c owner secret");
    const before = await beforeReset();
    pc.shell.type("reboot -f");
    await pc.shell.stage("bios");
    await expectBootedAgain(before);
    expect((await clock()).safe).toBe("yes");
  });

  it("the reset button", async () => {
    const before = await beforeReset();
    pc.machine.reset();
    expect(pc.machine.stage).toBe("bios");
    await expectBootedAgain(before);
  });

  it("poweroff -f and power on", async () => {
    const before = await beforeReset();
    const poweredOff = new Promise((resolve) => pc.machine.on("powered-off", resolve));
    pc.shell.type("poweroff -f");
    await poweredOff;
    expect(pc.machine.stage).toBe("off");
    expect(pc.tpm.power).toBe("off");
    await pc.machine.powerOn();
    await expectBootedAgain(before);
  });

  it.each(["powerOff", "pullPlug"] as const)("%s and power on", async (cut) => {
    const before = await beforeReset();
    await pc.machine[cut]();
    expect(pc.tpm.power).toBe("off");
    await pc.machine.powerOn();
    await expectBootedAgain(before);
  });

  it("the end of the process: another machine with the same folder", async () => {
    const before = await beforeReset();
    await pc.close();
    pc = await bootPc({ kind: "file", dir });
    await expectBootedAgain(before);
  });
});

/**
 * A power cut while an object with dictionary attack protection was in use counts as a failed try (Part 1, "Dictionary
 * Attack Protection"): a guest that is reset or switched off can't say before that it ends, so the host does.
 */
describe("the lockout counter", () => {
  const failedTries = async () =>
    Number(/LOCKOUT_COUNTER: +0x(\w+)/.exec(await pc.shell.ok("tpm2_getcap properties-variable"))![1]);
  const seal = async () => {
    await pc.shell.ok("tpm2_createprimary -Q -C o -P secret -c p.ctx");
    await pc.shell.ok("echo data | tpm2_create -Q -C p.ctx -p secret -i- -u k.pub -r k.priv");
    await pc.shell.ok("tpm2_load -Q -C p.ctx -u k.pub -r k.priv -c k.ctx");
    await pc.shell.run("tpm2_unseal -Q -c k.ctx -p secret");
    await pc.shell.ok("tpm2_unseal -Q -c k.ctx -p secret");
  };

  it.each([
    ["a reset", async () => pc.machine.reset(), 0],
    ["a power-off", () => pc.machine.powerOff(), 0],
    ["a pulled plug", () => pc.machine.pullPlug(), 1],
  ])("after %s in the middle of work", async (_, off, tries) => {
    await pc.shell.run("tpm2_dictionarylockout -c");
    await seal();
    await off();
    await pc.machine.powerOn();
    await pc.shell.stage("bios");
    await pc.shell.stage("shell");
    expect(await failedTries()).toBe(tries);
  });
});

describe("a machine", () => {
  it("enters its stages in order at each boot", async () => {
    const stages: Stage[] = [];
    pc.machine.on("stage", (stage) => stages.push(stage));
    pc.shell.type("reboot -f");
    await pc.shell.stage("bios");
    await pc.shell.stage("shell");
    expect(stages).toEqual(["bios", "kernel", "shell"]);
  });

  it("boots the same when it is reset in the middle of its output: no interrupt of the boot before comes through", async () => {
    const said = pc.machine.serial.text().length;
    pc.shell.type("while :; do echo still talking; done");
    await pc.machine.serial.waitFor(/(still talking\r\n){100}/, { from: said });
    pc.machine.reset();
    await pc.shell.stage("shell");
    expect(await pc.shell.ok("dmesg | grep -c 'No irq handler' || true")).toBe("0");
  });

  it("shows SeaBIOS on the serial console", () => {
    expect(pc.machine.serial.text()).toMatch(/SeaBIOS \(version 1\.16\.2/);
  });

  it("boots without a TPM: no device, no tables", async () => {
    const machine = await createMachine({ images: await loadGuestFromDirectory(), wasm: await readV86Wasm() });
    const shell = new GuestShell(machine);
    try {
      expect(machine.log).toBeUndefined();
      await machine.powerOn();
      await shell.stage("shell");
      expect((await shell.run("ls /dev/tpm*")).status).not.toBe(0);
      expect(await shell.ok("dmesg | grep -c 'ACPI: TPM2' || true")).toBe("0");
      shell.type("poweroff -f");
      await shell.stage("off");
      await machine.powerOn();
      await shell.stage("shell");
    } finally {
      await machine.destroy();
    }
  });
});
