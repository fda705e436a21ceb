// Programs, and the libraries they link with, out of extracted Debian packages.
import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { isElf32, needs } from "./elf.mjs";

/** Where Debian's dynamic loader looks first. */
const LIBRARIES = "lib/i386-linux-gnu";
const LIBRARY_FOLDERS = [LIBRARIES, `usr/${LIBRARIES}`];

/**
 * @param {string[]} trees folders into which packages were extracted; the first that has it counts
 * @param {string} path of a program or library below them
 * @returns {import("./cpio.mjs").Entry}
 * @throws Error when no package brings it
 */
export function program(trees, path) {
  const data = read(trees, path);
  if (!data) throw new Error(`no package brings /${path}`);
  if (!isElf32(data)) throw new Error(`/${path} is not an i386 program`);
  return { path, kind: "file", mode: 0o755, data };
}

/**
 * The libraries that programs need, and what those need: each once, under the name it is asked for by.
 *
 * @param {string[]} trees as for {@link program}
 * @param {string[]} programs paths below them
 * @param {{ loadedLater?: string[], stubs: Map<string, Buffer> }} options `loadedLater`: sonames that no DT_NEEDED
 *   mentions; `stubs`: soname -> library that stands in for the packages'
 * @returns {import("./cpio.mjs").Entry[]}
 * @throws Error when no package brings one
 */
export function libraries(trees, programs, { loadedLater = [], stubs }) {
  const found = new Map();
  const wanted = loadedLater.map((name) => [name, "a program at run time"]);
  const entry = (path, data) => ({ path, kind: "file", mode: 0o755, data });
  const look = (data, by) => {
    const { libraries: names, interpreter } = needs(data);
    if (interpreter) found.set(interpreter, entry(interpreter.slice(1), library(trees, basename(interpreter))));
    wanted.push(...names.map((name) => [name, by]));
  };
  for (const path of programs) look(read(trees, path), path);
  for (let next = wanted.pop(); next; next = wanted.pop()) {
    const [name, by] = next;
    // The loader is there already, as the interpreter of the programs.
    if (found.has(name) || found.has(`/lib/${name}`)) continue;
    const data = stubs.get(name) ?? library(trees, name);
    if (!data) throw new Error(`no package brings ${name}, which ${by} needs: add it to guest/recipe/packages.mjs`);
    found.set(name, entry(`${LIBRARIES}/${name}`, data));
    look(data, name);
  }
  return [...found.values()];
}

/** The links in usr/bin that lead to one of `targets`. @returns {import("./cpio.mjs").Entry[]} */
export function linksTo(tree, targets) {
  const folder = join(tree, "usr/bin");
  return readdirSync(folder)
    .filter((name) => lstatSync(join(folder, name)).isSymbolicLink())
    .map((name) => ({ path: `usr/bin/${name}`, kind: "link", target: readlinkSync(join(folder, name)) }))
    .filter(({ target }) => targets.includes(target));
}

/** All files below a folder, as entries below `prefix`. @returns {import("./cpio.mjs").Entry[]} */
export function filesBelow(folder, prefix) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => {
      const data = readFileSync(join(folder, name));
      // Not the mode on disk: a checkout's umask would change the image.
      const mode = data.subarray(0, 2).toString() === "#!" ? 0o755 : 0o644;
      return { path: join(prefix, name), kind: "file", mode, data };
    });
}

/** @returns {Buffer | undefined} a file's content out of the first tree that has it */
export function read(trees, path) {
  for (const root of trees) {
    const full = join(root, path);
    if (!statSync(full, { throwIfNoEntry: false })?.isFile()) continue;
    // A link must not lead out of the extracted packages into the machine's own files.
    if (!relative(realpathSync(root), realpathSync(full)).startsWith("..")) return readFileSync(full);
  }
  return undefined;
}

function library(trees, name) {
  for (const folder of LIBRARY_FOLDERS) {
    const data = read(trees, join(folder, name));
    if (data) return data;
  }
  return undefined;
}
