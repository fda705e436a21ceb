// Debian's kernel for PCs, for tests that boot it: unpacked from its package, which nobody needs to have installed for that.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where it is, below the clone's folder, and where an installed one would be. */
const UNPACKED = "node_modules/.cache/debian-kernel/boot";
const INSTALLED = "/boot";
/** What a guest of QEMU needs to mount a folder of the host's, in the order in which it is loaded. */
const MODULES = "node_modules/.cache/debian-kernel/modules";
const SHARED_FOLDERS = [
  ...["virtio", "virtio_ring", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci"],
  ...["fscache", "netfs", "9pnet", "9pnet_virtio", "9p"],
];

/** The path of a kernel of linux-image-amd64, installed or unpacked; undefined when there is none. */
export function debianKernel(root) {
  for (const folder of [INSTALLED, join(root, UNPACKED)]) {
    const files = existsSync(folder) ? readdirSync(folder) : [];
    const [kernel] = files.filter((file) => /^vmlinuz-[\d.]+-\d+-amd64$/.test(file)).sort();
    if (kernel !== undefined) return join(folder, kernel);
  }
  return undefined;
}

/**
 * An unpacked kernel with its modules for a 9p mount, in the order in which they are loaded; undefined when it is not there.
 * @returns {{ kernel: string, modules: string[] } | undefined}
 */
export function debianKernelWith9p(root) {
  const folder = join(root, UNPACKED);
  const [kernel] = existsSync(folder) ? readdirSync(folder) : [];
  const there = SHARED_FOLDERS.map((name) => join(root, MODULES, `${name}.ko`)).filter((path) => existsSync(path));
  return kernel === undefined || there.length === 0 ? undefined : { kernel: join(folder, kernel), modules: there };
}

/** Fetches the package (70 MB) and keeps the kernel (8 MB) and a few of its modules. @throws Error when apt-get or dpkg-deb fails. */
export function unpackDebianKernel(root) {
  const folder = mkdtempSync(join(tmpdir(), "tabtpm-kernel-"));
  try {
    const depends = execFileSync("apt-cache", ["depends", "linux-image-amd64"], { encoding: "utf8" });
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
    if (name === undefined) throw new Error("apt-cache does not know what linux-image-amd64 depends on.");
    const quiet = { stdio: ["ignore", "ignore", "inherit"] };
    execFileSync("apt-get", ["download", "-q", name], { cwd: folder, ...quiet });
    const [file = ""] = readdirSync(folder);
    execFileSync("dpkg-deb", ["--extract", file, "unpacked"], { cwd: folder, ...quiet });
    const boot = join(root, UNPACKED);
    mkdirSync(boot, { recursive: true });
    execFileSync("sh", ["-c", 'cp unpacked/boot/vmlinuz-* "$0"', boot], { cwd: folder, ...quiet });
    const modules = join(root, MODULES);
    mkdirSync(modules, { recursive: true });
    const isWanted = SHARED_FOLDERS.flatMap((module, at) => [...(at === 0 ? [] : ["-o"]), "-name", `${module}.ko`]);
    const find = ["unpacked/lib/modules", "(", ...isWanted, ")", "-exec", "cp", "{}", modules, ";"];
    execFileSync("find", find, { cwd: folder, ...quiet });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
