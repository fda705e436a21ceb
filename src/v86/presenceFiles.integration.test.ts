/** Physical presence and the memory overwrite request in the real guest: sysfs, /dev/mem, reboots, the question on the console. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadGuestFromDirectory } from "../guest/node.ts";
import { bootPc, type Pc } from "./testkit/pc.ts";

const PPI = "/sys/class/tpm/tpm0/ppi";
const MOVV = "0xFED4515A";
/** RAM that the kernel is told to leave alone, and that neither firmware nor boot images use. */
const RESERVED = 0x700_0000;
const PATTERN = "0x5EED1234";

let dir: string;
let pc: Pc;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "tabtpm-presence-"));
  const { cmdline } = await loadGuestFromDirectory();
  pc = await bootPc({ kind: "file", dir }, undefined, undefined, {
    cmdline: `${cmdline} memmap=64K$0x${RESERVED.toString(16)}`,
  });
});
afterAll(async () => {
  await pc?.close();
  await rm(dir, { recursive: true, force: true });
});

const read = (file: string) => pc.shell.ok(`cat ${PPI}/${file}`);
const pattern = () => pc.shell.ok(`devmem 0x${RESERVED.toString(16)} 32`);

/** Reboots, answers the firmware's question by a key, and waits for the shell. */
async function rebootWith(key: string): Promise<string> {
  const asked = pc.machine.serial.waitFor(/seconds refuses\./);
  pc.shell.type("reboot -f");
  const question = await asked;
  pc.machine.serial.send(key);
  await pc.shell.stage("bios");
  await pc.shell.stage("shell");
  return question;
}

describe("sysfs", () => {
  it("has every file of the interface, and each says what it should", async () => {
    expect(await read("version")).toBe("1.3");
    expect(await read("transition_action")).toBe("2: Reboot");
    expect(await read("response")).toBe("0: No Recent Request");
    expect((await read("request")).trim()).toBe("0");
    const operations = await read("tcg_operations");
    expect(operations).toMatch(/^5 3: User required$/m);
    expect(operations).toMatch(/^23 3: User required$/m);
    expect(operations).not.toMatch(/^(15|16|33|96|101) [1-4]/m);
    expect(await read("vs_operations")).toBe("");
  });

  it("takes requests with a parameter and without, and refuses what there is not", async () => {
    await pc.shell.ok(`echo 23 3 > ${PPI}/request`);
    expect((await read("request")).trim()).toBe("23 3");
    expect((await pc.shell.run(`echo 96 > ${PPI}/request`)).output).toContain("Operation not permitted");
    expect((await pc.shell.run(`echo 300 > ${PPI}/request`)).status).not.toBe(0);
    expect((await read("request")).trim()).toBe("23 3");
    await pc.shell.ok(`echo 5 > ${PPI}/request`);
    expect((await read("request")).trim()).toBe("5");
  });
});

describe("a request", () => {
  it("is carried out after the reboot once the user agrees; RAM survives the reset", async () => {
    await pc.shell.ok("tpm2_changeauth -c owner secret");
    await pc.shell.ok(`devmem 0x${RESERVED.toString(16)} 32 ${PATTERN}`);
    await pc.shell.ok(`echo 5 > ${PPI}/request`);
    const question = await rebootWith("Y");
    expect(question).toContain("asks to clear the TPM");
    expect(await read("response")).toBe("5 0: Success");
    expect(await pc.shell.ok("tpm2_getcap properties-variable")).toMatch(/ownerAuthSet: +0/);
    expect((await read("request")).trim()).toBe("0");
    expect(await pattern()).toBe(PATTERN);
  });

  it("is refused by the user, and nothing has changed; memory is wiped when movv asks for it", async () => {
    await pc.shell.ok("tpm2_changeauth -c owner secret");
    await pc.shell.ok(`echo 5 > ${PPI}/request`);
    await pc.shell.ok(`devmem ${MOVV} 8 1`);
    await rebootWith("n");
    expect(await read("response")).toBe("5 0xFFFFFFF0: User Abort");
    await pc.shell.ok("tpm2_changeauth -c owner -p secret");
    expect(await pattern()).toBe("0x00000000");
    // As on QEMU the request stays until it is taken back.
    expect(await pc.shell.ok(`devmem ${MOVV} 8`)).toBe("0x01");
    await pc.shell.ok(`devmem ${MOVV} 8 0`);
  });

  it("changes who is asked: durably, in a file beside the TPM's state, and no operating system can", async () => {
    await pc.shell.ok(`devmem 0xFED45408 32 0; devmem 0xFED4540D 8 1`);
    expect(await pc.shell.ok("devmem 0xFED45408 32")).toBe("0x000700E2");
    await pc.shell.ok(`echo 18 > ${PPI}/request`);
    await rebootWith("Y");
    expect(await read("response")).toBe("18 0: Success");
    expect(await read("tcg_operations")).toMatch(/^5 4: User not required$/m);
    expect((await readFile(join(dir, "tpm2.variables"))).subarray(0, 12).toString("latin1")).toBe(
      "TABTPMV\x01\xe0\x00\x07\x00",
    );
    await pc.machine.powerOff();
    await pc.machine.powerOn();
    await pc.shell.stage("shell");
    expect(await pc.shell.ok("devmem 0xFED45408 32")).toBe("0x000700E0");
    expect(await read("response")).toBe("0: No Recent Request");
  });
});
