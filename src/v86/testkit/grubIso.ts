import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const IMAGES = fileURLToPath(new URL("../../../guest/images/", import.meta.url));
/** GRUB for PCs with a BIOS; the package is grub-pc-bin. */
export const GRUB_MODULES = "/usr/lib/grub/i386-pc";

/** A CD that boots the project's kernel and initrd by GRUB, on the serial console. @param cmdline of the kernel. */
export function makeGrubIso(cmdline: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-iso-"));
  try {
    const boot = join(folder, "tree", "boot");
    mkdirSync(join(boot, "grub"), { recursive: true });
    copyFileSync(join(IMAGES, "bzImage"), join(boot, "vmlinuz"));
    copyFileSync(join(IMAGES, "initrd.img"), join(boot, "initrd.gz"));
    const lines = [
      "serial --unit=0 --speed=115200",
      "terminal_input serial",
      "terminal_output serial",
      "set timeout=0",
      `menuentry "Linux" {`,
      `  linux /boot/vmlinuz ${cmdline}`,
      "  initrd /boot/initrd.gz",
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
