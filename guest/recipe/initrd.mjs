// What the guest's initramfs holds: BusyBox, tpm2-tools, keyctl, the libraries they link with, and guest/files.
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { withoutCursorQuery } from "./busybox.mjs";
import { isElf32, needs } from "./elf.mjs";

/** Where Debian's dynamic loader looks first. */
const LIBRARIES = "lib/i386-linux-gnu";
const LIBRARY_FOLDERS = [LIBRARIES, `usr/${LIBRARIES}`];

const PROGRAMS = ["usr/bin/tpm2", "usr/bin/tss2", "bin/keyctl"];
/** Opened by name at run time, so nobody's DT_NEEDED mentions it. */
const LOADED_LATER = ["libtss2-tcti-device.so.0"];
const DATA = ["etc/tpm2-tss/fapi-profiles"];

const FOLDERS = {
  dev: 0o755,
  mnt: 0o755,
  proc: 0o555,
  root: 0o700,
  run: 0o755,
  sys: 0o555,
  tmp: 0o1777,
  "var/lib/tpm2-tss/system/keystore": 0o700,
};

/**
 * @param {{ debian: string, files: string, stubs: Map<string, Buffer> }} from
 *   `debian`: folder into which all i386 packages were extracted; `files`: guest/files; `stubs`: soname -> library
 * @returns {import("./cpio.mjs").Entry[]}
 * @throws Error when a program or library that is needed is in no package
 */
export function initrdEntries({ debian, files, stubs }) {
  const entries = new Map();
  const add = (entry) => entries.set(entry.path, entry);

  for (const [path, mode] of Object.entries(FOLDERS)) add({ path, kind: "directory", mode });
  // The kernel opens /dev/console for init before anybody can mount devtmpfs.
  add({ path: "dev/console", kind: "character", major: 5, minor: 1 });
  add({ path: "dev/null", kind: "character", major: 1, minor: 3, mode: 0o666 });

  const busybox = withoutCursorQuery(readFileSync(join(debian, "bin/busybox")));
  add({ path: "bin/busybox", kind: "file", mode: 0o755, data: busybox });
  for (const applet of applets(busybox)) add({ path: `bin/${applet}`, kind: "link", target: "busybox" });
  add({ path: "init", kind: "link", target: "bin/busybox" });
  add({ path: "sbin", kind: "link", target: "bin" });

  for (const path of PROGRAMS) add(program(debian, path));
  for (const link of linksTo(join(debian, "usr/bin"), ["tpm2", "tss2"])) {
    add({ path: `usr/bin/${link.name}`, kind: "link", target: link.target });
  }
  for (const { path, data } of libraries(debian, PROGRAMS, stubs)) add({ path, kind: "file", mode: 0o755, data });
  for (const folder of DATA) for (const entry of tree(join(debian, folder), folder)) add(entry);
  for (const entry of tree(files, "")) add(entry);
  return [...entries.values()];
}

function program(debian, path) {
  const data = read(debian, path);
  if (!data) throw new Error(`initrd: no package brings /${path}`);
  if (!isElf32(data)) throw new Error(`initrd: /${path} is not an i386 program`);
  return { path, kind: "file", mode: 0o755, data };
}

/** Names of BusyBox's applets, from the table in its .rodata: NUL-terminated names, "[" first, an empty one last. */
export function applets(busybox) {
  const start = busybox.indexOf(Buffer.from("\0[\0[[\0acpid\0")) + 1;
  if (start === 0) throw new Error("busybox: no table of applet names; adapt guest/recipe/initrd.mjs");
  const names = [];
  for (let at = start; ; ) {
    const name = busybox.toString("latin1", at, busybox.indexOf(0, at));
    // "busybox" itself is an applet, and a file already.
    if (!/^[a-z0-9_[-]+$/i.test(name)) return names.filter((applet) => applet !== "busybox");
    names.push(name);
    at += name.length + 1;
  }
}

/** The libraries that `programs` need, and what those need: each once, under the name it is asked for by. */
function libraries(debian, programs, stubs) {
  const found = new Map();
  const wanted = [...LOADED_LATER.map((name) => [name, "tpm2-tss"])];
  const look = (data, by) => {
    const { libraries: names, interpreter } = needs(data);
    if (interpreter)
      found.set(interpreter, { path: interpreter.slice(1), data: library(debian, basename(interpreter)) });
    wanted.push(...names.map((name) => [name, by]));
  };
  for (const path of programs) look(read(debian, path), path);
  for (let next = wanted.pop(); next; next = wanted.pop()) {
    const [name, by] = next;
    // The loader is there already, as the interpreter of the programs.
    if (found.has(name) || found.has(`/lib/${name}`)) continue;
    const data = stubs.get(name) ?? library(debian, name);
    if (!data)
      throw new Error(`initrd: no package brings ${name}, which ${by} needs: add it to guest/recipe/packages.mjs`);
    found.set(name, { path: `${LIBRARIES}/${name}`, data });
    look(data, name);
  }
  return found.values();
}

function library(debian, name) {
  for (const folder of LIBRARY_FOLDERS) {
    const data = read(debian, join(folder, name));
    if (data) return data;
  }
  return undefined;
}

function read(root, path) {
  const full = join(root, path);
  if (!statSync(full, { throwIfNoEntry: false })?.isFile()) return undefined;
  // A link must not lead out of the extracted packages into the machine's own files.
  if (relative(realpathSync(root), realpathSync(full)).startsWith("..")) return undefined;
  return readFileSync(full);
}

function linksTo(folder, targets) {
  return readdirSync(folder)
    .filter((name) => lstatSync(join(folder, name)).isSymbolicLink())
    .map((name) => ({ name, target: readlinkSync(join(folder, name)) }))
    .filter(({ target }) => targets.includes(target));
}

function tree(folder, prefix) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => {
      const data = readFileSync(join(folder, name));
      // Not the mode on disk: a checkout's umask would change the image.
      const mode = data.subarray(0, 2).toString() === "#!" ? 0o755 : 0o644;
      return { path: join(prefix, name), kind: "file", mode, data };
    });
}
