/** Debian's kernel, started by OVMF: its log has what firmware and EFI stub have measured, and explains the PCRs. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { debianKernel } from "../../../scripts/test/debianKernel.mjs";
import { GUEST_DIRECTORY, readGuestManifest } from "../../guest/node.ts";
import { bootInQemu } from "../../guest/testkit/qemu.ts";
import { isInstalled } from "../testkit/installed.ts";
import { replayed } from "../testkit/pcrs.ts";
import { startSocketServer } from "../testkit/socketServer.ts";

/** Of the Debian package ovmf. */
const OVMF = "/usr/share/ovmf/OVMF.fd";
const kernel = debianKernel(fileURLToPath(new URL("../../..", import.meta.url)));
const LOG = "/sys/kernel/security/tpm0/binary_bios_measurements";
/** IMA's, which has a log of its own. */
const IMA = 10;

describe.runIf(kernel !== undefined && isInstalled("qemu-system-x86_64", OVMF))("Debian's kernel under OVMF", () => {
  it("finds a TPM 2.0 whose PCRs are what the log says", { timeout: 900_000 }, async () => {
    const { images } = await readGuestManifest();
    const initrd = join(GUEST_DIRECTORY, "images", images.initrd.file);
    const guest = await bootInQemu("tpm-crb", {
      program: "qemu-system-x86_64",
      software: ["-bios", OVMF, "-kernel", kernel ?? "", "-initrd", initrd, "-append", "console=ttyS0 COLS=1000"],
      args: ["-m", "512"],
      startTpm: (socket, dir) => startSocketServer(["--ctrl", `type=unixio,path=${socket}`], join(dir, "tpm")),
    });
    try {
      await guest.console.shell();
      const output = await guest.console.read(`tpm2_eventlog ${LOG}`);
      // Firmware, and the EFI stub: the kernel's command line and its initrd.
      expect(output).toContain("EV_S_CRTM_VERSION");
      expect(output.match(/EventType: EV_EVENT_TAG/g)).toHaveLength(2);
      const log = replayed(output);
      for (const bank of ["sha1", "sha256", "sha384", "sha512"]) {
        const files = Array.from({ length: 16 }, (_, pcr) => `/sys/class/tpm/tpm0/pcr-${bank}/${pcr}`);
        const values = (await guest.console.read(`cat ${files.join(" ")}`)).toLowerCase().trim().split("\n");
        expect(values).toHaveLength(16);
        for (const [pcr, value] of values.entries()) {
          if (pcr === IMA) continue;
          expect([bank, pcr, value]).toEqual([bank, pcr, log.get(`${bank}:${pcr}`) ?? "0".repeat(value.length)]);
        }
        for (const pcr of [0, 1, 2, 3, 4, 5, 6, 7, 9]) expect(log.has(`${bank}:${pcr}`)).toBe(true);
      }
    } finally {
      await guest.close();
    }
  });
});
