import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GuestImages } from "../../guest/images.ts";

/** GRUB for PCs with a BIOS; the package is grub-pc-bin. */
export const GRUB_MODULES = "/usr/lib/grub/i386-pc";

/** A CD that boots a kernel and an initrd by GRUB, on the serial console. */
export function makeGrubIso({ kernel, initrd, cmdline }: GuestImages): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-iso-"));
  try {
    const boot = join(folder, "tree", "boot");
    mkdirSync(join(boot, "grub"), { recursive: true });
    writeFileSync(join(boot, "vmlinuz"), new Uint8Array(kernel));
    // Unpacked: the emulator is slower at that than at reading.
    writeFileSync(join(boot, "initrd"), new Uint8Array(initrd));
    const lines = [
      "serial --unit=0 --speed=115200",
      "terminal_input serial",
      "terminal_output serial",
      "set timeout=0",
      `menuentry "Linux" {`,
      `  linux /boot/vmlinuz ${cmdline}`,
      "  initrd /boot/initrd",
      "}",
    ];
    writeFileSync(join(boot, "grub", "grub.cfg"), `${lines.join("\n")}\n`);
    const iso = join(folder, "grub.iso");
    execFileSync("grub-mkrescue", ["-d", GRUB_MODULES, "-o", iso, join(folder, "tree")], { stdio: "pipe" });
    return readFileSync(iso);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
