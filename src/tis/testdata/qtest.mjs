// QEMU with swtpm behind one of its TPM devices, told what to do by the qtest protocol on its standard input.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Where the TIS registers of locality 0 begin. */
export const TIS = 0xfed40000;
const SWTPM_STARTS_MS = 500;

/**
 * @param {string[]} machine options of QEMU: the machine and what is in it besides the TPM
 * @param {"tpm-tis" | "tpm-crb"} device
 */
export async function startQemu(machine, device = "tpm-tis") {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-qemu-"));
  const swtpm = spawn("swtpm", [
    ...["socket", "--tpm2", "--tpmstate", `dir=${folder}`],
    ...["--ctrl", `type=unixio,path=${folder}/ctrl`],
  ]);
  await new Promise((resolve) => setTimeout(resolve, SWTPM_STARTS_MS));
  const qemu = spawn("qemu-system-x86_64", [
    ...machine,
    ...["-display", "none", "-qtest", "stdio", "-qtest-log", "none"],
    ...["-chardev", `socket,id=c,path=${folder}/ctrl`, "-tpmdev", "emulator,id=t,chardev=c"],
    ...["-device", `${device},tpmdev=t`],
  ]);
  qemu.stderr.resume();
  const lines = createInterface({ input: qemu.stdout })[Symbol.asyncIterator]();
  return {
    /**
     * One command of the protocol; returns what QEMU answered behind "OK ".
     * @param {string} command
     */
    async qtest(command) {
      qemu.stdin.write(`${command}\n`);
      const { value = "" } = await lines.next();
      if (!value.startsWith("OK")) throw new Error(`QEMU answered "${value.slice(0, 80)}" to "${command}"`);
      return value.slice(3);
    },
    stop() {
      qemu.kill();
      swtpm.kill();
      rmSync(folder, { recursive: true });
    },
  };
}
