// What the guest's initramfs holds: BusyBox, tpm2-tools, keyctl, the libraries they link with, and guest/files.
import { applets } from "./busybox.mjs";
import { filesBelow, libraries, linksTo, program } from "./debian.mjs";
import { needs } from "./elf.mjs";

const PROGRAMS = ["usr/bin/tpm2", "bin/keyctl"];
/** Opened by name at run time, so nobody's DT_NEEDED mentions it. */
const LOADED_LATER = ["libtss2-tcti-device.so.0"];
/** What stands in for a program of the archive of rare tools until that is there. */
const FIRST_USE = "../lib/tabtpm/first-use";

const FOLDERS = {
  dev: 0o755,
  mnt: 0o755,
  proc: 0o555,
  root: 0o700,
  "run/host": 0o755,
  sys: 0o555,
  tmp: 0o1777,
  "var/lib/tpm2-tss/system/keystore": 0o700,
};

/**
 * @param {{ debian: string, busybox: Buffer, files: string, stubs: Map<string, Buffer>, rareTools: string[] }} from
 *   `debian`: folder into which all i386 packages were extracted; `files`: guest/files; `stubs`: soname -> library;
 *   `rareTools`: names of the programs that lie in the archive of rare tools
 * @returns {import("./cpio.mjs").Entry[]}
 * @throws Error when a program or library that is needed is in no package
 */
export function initrdEntries({ debian, busybox, files, stubs, rareTools }) {
  const entries = new Map();
  const add = (entry) => entries.set(entry.path, entry);

  for (const [path, mode] of Object.entries(FOLDERS)) add({ path, kind: "directory", mode });
  // The kernel opens /dev/console for init before anybody can mount devtmpfs.
  add({ path: "dev/console", kind: "character", major: 5, minor: 1 });
  add({ path: "dev/null", kind: "character", major: 1, minor: 3, mode: 0o666 });

  add({ path: "bin/busybox", kind: "file", mode: 0o755, data: busybox });
  for (const applet of applets(busybox)) add({ path: `bin/${applet}`, kind: "link", target: "busybox" });
  add({ path: "sbin", kind: "link", target: "bin" });

  for (const path of PROGRAMS) add(program([debian], path));
  for (const link of linksTo(debian, ["tpm2"])) add(link);
  const loadedLater = [...LOADED_LATER, ...needs(busybox).libraries];
  for (const library of libraries([debian], PROGRAMS, { loadedLater, stubs })) add(library);
  for (const name of rareTools) add({ path: `usr/bin/${name}`, kind: "link", target: FIRST_USE });
  for (const entry of filesBelow(files, "")) add(entry);
  return [...entries.values()];
}
