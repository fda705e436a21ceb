/** QEMU with our TPM behind its `-tpmdev emulator`: the guest boots with it, and a saved machine gets it back. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { migrate, running } from "../../guest/testkit/migrate.ts";
import { bootInQemu, type QemuGuest } from "../../guest/testkit/qemu.ts";
import { isInstalled } from "../testkit/installed.ts";
import { startSocketServer } from "../testkit/socketServer.ts";

const startTpm = (socket: string, dir: string) =>
  startSocketServer(["--ctrl", `type=unixio,path=${socket}`], join(dir, "tpm"));

const hasQemu = isInstalled("qemu-system-i386");
const EXTENDED = `16:sha256=${"5a".repeat(32)}`;

describe.runIf(hasQemu)("QEMU's tpm-tis with our TPM", () => {
  let guest: QemuGuest;
  let folder: string;
  /** The same lines each time: the TPM's state is in one folder. */
  const start = (...args: string[]) => bootInQemu("tpm-tis", { startTpm: (socket) => startTpm(socket, folder), args });
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tabtpm-saved-"));
    guest = await start();
    await guest.console.shell();
  });
  afterAll(async () => {
    await guest.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("boots the guest, whose firmware measured and whose kernel has it", async () => {
    expect(await guest.console.read("dmesg | grep -i tpm")).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
    expect(await guest.console.read("cat /sys/class/tpm/tpm0/pcr-sha256/0")).toMatch(/^[0-9A-F]{64}\n$/);
    expect(await guest.console.read("cat /sys/class/tpm/tpm0/pcr-sha256/0")).not.toMatch(/^0*\n$/);
    expect(await guest.console.read("tpm2_getcap properties-fixed")).toContain("TABT");
  });

  it("comes back with the machine that was saved: PCRs, sessions and the permanent state", async () => {
    const file = join(folder, "machine");
    await guest.console.read("tpm2_changeauth -c owner secret");
    await guest.console.read(`tpm2_pcrextend ${EXTENDED}`);
    await guest.console.read(
      "tpm2_startauthsession --policy-session -S session -Q && tpm2_policypcr -Q -S session -l sha256:16 -L policy",
    );
    const pcrs = await guest.console.read("tpm2_pcrread sha256");
    const random = await guest.console.read("tpm2_getrandom 16 --hex");
    expect(await migrate(guest, `exec:cat > ${file}`)).toBe("completed");
    await guest.close();

    guest = await start("-incoming", `exec:cat ${file}`);
    await running(guest);
    expect(await guest.console.read("tpm2_pcrread sha256")).toBe(pcrs);
    expect(await guest.console.read("tpm2_getrandom 16 --hex")).not.toBe(random);
    expect((await guest.console.run("tpm2_changeauth -c owner new")).code).not.toBe(0);
    await guest.console.read("tpm2_changeauth -c owner -p secret");
    // The policy session was started before the machine was saved.
    await guest.console.read("tpm2_policypcr -Q -S session -l sha256:16 -L again && tpm2_flushcontext session");
    guest.console.type("poweroff -f\n");
    expect(await guest.exited).toBe(0);
  });
});

describe.runIf(hasQemu && isInstalled("qemu-img"))("a snapshot of the machine in its disk", () => {
  it("has the TPM in it: loadvm takes PCRs, authorisations and NV Indices back, in another QEMU as well", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tabtpm-snapshot-"));
    const disk = join(folder, "disk.qcow2");
    execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", disk, "16M"]);
    const start = (...args: string[]) =>
      bootInQemu("tpm-crb", { startTpm, args: ["-drive", `if=none,id=snapshots,format=qcow2,file=${disk}`, ...args] });
    let guest = await start();
    try {
      await guest.console.shell();
      // The CRB's buffer, of which QEMU has told the TPM.
      expect(await guest.console.read("tpm2_getcap properties-fixed")).toMatch(/MAX_COMMAND_SIZE:\s+raw: 0xF80\s/);
      await guest.console.read("tpm2_changeauth -c owner secret");
      await guest.console.read(`tpm2_pcrextend ${EXTENDED}`);
      const pcrs = await guest.console.read("tpm2_pcrread sha256");
      expect(await guest.monitor("savevm before")).not.toMatch(/error/i);
      await guest.console.read(`tpm2_pcrextend ${EXTENDED}`);
      await guest.console.read("tpm2_changeauth -c owner -p secret later");
      await guest.console.read("tpm2_nvdefine 0x1500001 -C o -P later -s 8");
      expect(await guest.console.read("tpm2_pcrread sha256")).not.toBe(pcrs);
      expect(await guest.monitor("loadvm before")).not.toMatch(/error/i);
      expect(await guest.console.read("tpm2_pcrread sha256")).toBe(pcrs);
      await guest.console.read("tpm2_changeauth -c owner -p secret");
      expect(await guest.console.read("tpm2_getcap handles-nv-index")).not.toMatch(/1500001/);
      await guest.close();

      guest = await start("-loadvm", "before");
      await running(guest);
      expect(await guest.console.read("tpm2_pcrread sha256")).toBe(pcrs);
      await guest.console.read("tpm2_changeauth -c owner -p secret");
    } finally {
      await guest.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe.runIf(hasQemu)("QEMU's tpm-crb with our TPM", () => {
  it("boots the guest, and the TPM learns of a reset", async () => {
    const guest = await bootInQemu("tpm-crb", { startTpm });
    try {
      await guest.console.shell();
      expect(await guest.console.read("ls -l /sys/class/tpm/tpm0/device/driver")).toContain("tpm_crb");
      expect(await guest.console.read("tpm2_getrandom 4 --hex")).toMatch(/^[0-9a-f]{8}/);
      await guest.console.read(`tpm2_pcrextend ${EXTENDED}`);
      guest.console.type("reboot -f\n");
      expect(await guest.exited).toBe(0);
    } finally {
      await guest.close();
    }
  });
});
