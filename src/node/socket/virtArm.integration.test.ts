/** An Arm `virt` in QEMU with our TPM as its tpm-tis-device: Debian's firmware and kernel measure, a reset measures anew, a move changes nothing. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianArm64 } from "../../../scripts/test/debianArm64.mjs";
import { listening, migrate, running } from "../../guest/testkit/migrate.ts";
import { bootInQemu, type QemuGuest } from "../../guest/testkit/qemu.ts";
import { isInstalled } from "../testkit/installed.ts";
import { EXTEND_16 } from "../testkit/messages.ts";
import { eventLog, explainedBy, type Pcrs, readPcrs, replayed } from "../testkit/pcrs.ts";
import { type SocketServer, startSocketServer } from "../testkit/socketServer.ts";

/** Of the Debian package qemu-efi-aarch64. */
const AAVMF = "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd";
const debian = debianArm64(fileURLToPath(new URL("../../..", import.meta.url)));
const LOG = "/sys/kernel/security/tpm0/binary_bios_measurements";
/** IMA's, 10, has a log of its own; of 16 no log tells. */
const LOGGED = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15];
const ALL = [...LOGGED, 10, 16];

interface Machine {
  guest: QemuGuest;
  server: SocketServer;
}

/** @param shared folder of the TPM's state. */
async function start(shared: string, initrd: string, migration: string, ...args: string[]): Promise<Machine> {
  let server: SocketServer | undefined;
  const guest = await bootInQemu("tpm-tis-device", {
    program: "qemu-system-aarch64",
    software: [
      ...["-machine", "virt", "-cpu", "cortex-a57", "-bios", AAVMF],
      ...["-kernel", debian?.kernel ?? "", "-initrd", initrd, "-append", "console=ttyAMA0"],
    ],
    args,
    resets: true,
    startTpm: async (socket) => {
      server = await startSocketServer(["--ctrl", `type=unixio,path=${socket}`, "--migration", migration], shared);
      return server;
    },
  });
  return { guest, server: server as SocketServer };
}

/** The firmware's log, read by the guest's kernel, and what its events make of the PCRs. */
async function logOf({ console }: QemuGuest): Promise<{ text: string; pcrs: Pcrs }> {
  const text = eventLog(Buffer.from(await console.read(`base64 ${LOG}`), "base64"));
  return { text, pcrs: replayed(text) };
}

describe.runIf(debian !== undefined && isInstalled("qemu-system-aarch64", "tpm2_eventlog", AAVMF))(
  "an Arm `virt` with our TPM",
  { timeout: 900_000 },
  () => {
    let folder: string;
    let source: Machine;
    let target: Machine | undefined;
    const boot = (migration: string, ...args: string[]) =>
      start(join(folder, "tpm"), join(folder, "initrd"), migration, ...args);
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "tabtpm-arm-"));
      await writeFile(join(folder, "initrd"), debian?.initrd ?? "");
      source = await boot("release-lock-outgoing");
      await source.guest.console.shell();
    });
    afterAll(async () => {
      await target?.guest.close();
      await source?.guest.close();
      await rm(folder, { recursive: true, force: true });
    });

    it("is measured by its firmware and the kernel's EFI stub: the log explains every PCR", async () => {
      const { console } = source.guest;
      expect(await console.read("dmesg | grep -i tpm_tis")).toMatch(/tpm_tis MSFT0101:00: 2\.0 TPM/);
      const log = await logOf(source.guest);
      expect(log.text).toContain("EV_S_CRTM_VERSION");
      // The stub's: the initrd at least.
      expect(log.text).toContain("EV_EVENT_TAG");
      const pcrs = await readPcrs(source.server.tpm, LOGGED);
      expect(pcrs).toEqual(explainedBy(log.pcrs, pcrs));
      for (const pcr of [0, 1, 2, 3, 4, 5, 6, 7, 9]) expect(pcrs.get(`sha256:${pcr}`)).not.toMatch(/^0+$/);
      // What the kernel reads through the device is what is in the TPM.
      const read = await console.read("cat /sys/class/tpm/tpm0/pcr-sha256/0 /sys/class/tpm/tpm0/pcr-sha256/9");
      expect(read.toLowerCase().trim().split("\n")).toEqual([pcrs.get("sha256:0"), pcrs.get("sha256:9")]);
    });

    it("moves to another QEMU with its TPM, whose state both reach: no PCR differs", async () => {
      await source.server.tpm.execute(Buffer.from(EXTEND_16, "hex"));
      const before = await readPcrs(source.server.tpm, ALL);
      expect(before.get("sha256:16")).not.toMatch(/^0+$/);
      const wire = join(folder, "wire");
      target = await boot("incoming,release-lock-outgoing", "-incoming", `unix:${wire}`);
      await listening(target.guest, wire);
      expect(await migrate(source.guest, `unix:${wire}`)).toBe("completed");
      await running(target.guest);
      expect(await readPcrs(target.server.tpm, ALL)).toEqual(before);
      // The guest's driver goes on where it was.
      const read = await target.guest.console.read("cat /sys/class/tpm/tpm0/pcr-sha256/16");
      expect(read.toLowerCase().trim()).toBe(before.get("sha256:16"));
    });

    it("is measured anew at a reset, where it is now", async () => {
      if (target === undefined) throw new Error("There is no machine that has moved.");
      const { guest, server } = target;
      const before = await readPcrs(server.tpm, ALL);
      const from = guest.console.output.length;
      await guest.monitor("system_reset");
      await guest.console.waitFor(/tabtpm# $/, from);
      const pcrs = await readPcrs(server.tpm, ALL);
      expect(pcrs.get("sha256:16")).toMatch(/^0+$/);
      const log = await logOf(guest);
      const logged = new Map([...pcrs].filter(([name]) => LOGGED.includes(Number(name.split(":")[1]))));
      expect(logged).toEqual(explainedBy(log.pcrs, logged));
      // The same firmware, kernel and initrd. PCR 1 has the boot variables, which the first boot wrote.
      for (const pcr of [0, 2, 3, 4, 5, 6, 7, 9]) {
        expect([pcr, pcrs.get(`sha256:${pcr}`)]).toEqual([pcr, before.get(`sha256:${pcr}`)]);
      }
    });
  },
);
