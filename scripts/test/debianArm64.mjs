// Debian on 64-bit Arm, for tests that boot it: a kernel, its TIS driver and a static BusyBox, unpacked from packages that
// nobody needs to have installed for that. The machine's own dpkg hears nothing of the foreign architecture.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { openApt } from "../../guest/recipe/apt.mjs";
import { cpio } from "../../guest/recipe/cpio.mjs";
import { extractPackage } from "../../guest/recipe/deb.mjs";

/** Where it is, below the clone's folder. */
const UNPACKED = "node_modules/.cache/debian-arm64";
/** In the order in which they are loaded: the cloud kernel has them as modules. */
const MODULES = ["tpm_tis_core.ko", "tpm_tis.ko"];
const KERNEL = "vmlinuz";
const BUSYBOX = "busybox";

const INIT = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t securityfs security /sys/kernel/security
${MODULES.map((name) => `insmod /${name}`).join("\n")}
export PS1='tabtpm# '
exec setsid cttyhack sh
`;
const APPLETS = ["base64", "cat", "cttyhack", "dmesg", "grep", "insmod", "mount", "setsid", "sh", "xxd"];

/** @returns {{ kernel: string, initrd: Buffer } | undefined} the kernel's path, and an initrd whose shell has the TPM. */
export function debianArm64(root) {
  const at = (name) => join(root, UNPACKED, name);
  if (![KERNEL, BUSYBOX, ...MODULES].every((name) => existsSync(at(name)))) return undefined;
  const file = (path, data, mode = 0o644) => ({ path, kind: "file", data, mode });
  const initrd = cpio([
    file("init", Buffer.from(INIT), 0o755),
    file("bin/busybox", readFileSync(at(BUSYBOX)), 0o755),
    ...APPLETS.map((name) => ({ path: `bin/${name}`, kind: "link", target: "busybox" })),
    ...MODULES.map((name) => file(name, readFileSync(at(name)))),
    ...["proc", "sys", "dev"].map((path) => ({ path, kind: "directory" })),
    { path: "dev/console", kind: "character", major: 5, minor: 1 },
  ]);
  return { kernel: at(KERNEL), initrd };
}

/** Fetches the packages (22 MB) and keeps four files (30 MB) of them. @throws Error when apt-get or dpkg-deb fails. */
export function unpackDebianArm64(root) {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-arm64-"));
  try {
    const apt = openApt({ directory: folder, log: () => {}, architecture: "arm64" });
    apt.update();
    const kernel = apt.depends("linux-image-cloud-arm64").find((name) => name.startsWith("linux-image-"));
    if (kernel === undefined) throw new Error("apt does not know what linux-image-cloud-arm64 depends on.");
    const unpacked = join(folder, "unpacked");
    for (const name of [kernel, "busybox-static"]) {
      extractPackage(apt.download({ name, version: apt.candidate({ name }) }), unpacked);
    }
    const files = readdirSync(unpacked, { recursive: true });
    const kept = join(folder, "kept");
    mkdirSync(kept);
    for (const [wanted, name] of [
      [/^boot\/vmlinuz-/, KERNEL],
      [/^(usr\/)?bin\/busybox$/, BUSYBOX],
      ...MODULES.map((name) => [new RegExp(`/${name}$`), name]),
    ]) {
      const found = files.find((path) => wanted.test(path));
      if (found === undefined) throw new Error(`neither ${kernel} nor busybox-static has a file ${wanted}.`);
      cpSync(join(unpacked, found), join(kept, name));
    }
    // Whole, or not there.
    const target = join(root, UNPACKED);
    mkdirSync(dirname(target), { recursive: true });
    const beside = join(dirname(target), `${basename(target)}.new`);
    rmSync(beside, { recursive: true, force: true });
    cpSync(kept, beside, { recursive: true });
    rmSync(target, { recursive: true, force: true });
    renameSync(beside, target);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
