// BusyBox: Debian's source package in the configuration of its busybox-static, changed by guest/busybox.config, for i386.
// The same compiler and C library give the same bytes. A finished one is kept below guest/build.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { sha256 } from "./hash.mjs";
import { checkConfig } from "./kernel.mjs";
import { run } from "./run.mjs";

/** Kconfig writes the time of the build into the program unless this says another. */
const REPRODUCIBLE = { SOURCE_DATE_EPOCH: "1767225600" };
const VARIABLES = [
  "BB_EXTRA_VERSION=tabtpm",
  // At a fixed address it is a tenth smaller, and its start has less to relocate.
  "CONFIG_EXTRA_CFLAGS=-m32 -march=i686 -fno-pie",
  "CONFIG_EXTRA_LDFLAGS=-m32 -no-pie -Wl,--build-id=none",
];

/**
 * @param {{ source: { deb: string, extracted: string }, config: string, toolchain: object, directory: string,
 *   jobs?: number | undefined, log: (line: string) => void }} options
 *   `source`: the source package's .dsc and where it is extracted; `config`: path of busybox.config; `directory`: where
 *   to build
 * @returns {Buffer} the program
 */
export function buildBusybox({ source, config, toolchain, directory, jobs = availableParallelism(), log }) {
  const fragment = readFileSync(config, "utf8");
  const made = JSON.stringify([sha256(readFileSync(source.deb)), fragment, toolchain, REPRODUCIBLE, VARIABLES]);
  const kept = join(directory, `busybox-${sha256(made).slice(0, 16)}`);
  if (existsSync(kept)) return readFileSync(kept);

  const output = join(directory, "object-busybox");
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const make = (target, options) =>
    run("make", ["-s", `-j${jobs}`, "-C", source.extracted, `O=${output}`, ...VARIABLES, target], {
      env: REPRODUCIBLE,
      ...options,
    });
  const debian = readFileSync(join(source.extracted, "debian/config/pkg/static"), "utf8");
  writeFileSync(join(output, ".config"), mergeConfig(debian, fragment));
  // It asks about what the changes have made possible; an empty answer takes the default.
  make("oldconfig", { input: Buffer.alloc(1 << 16, "\n") });
  checkConfig(fragment, readFileSync(join(output, ".config"), "utf8"), "guest/busybox.config");
  log(`building BusyBox with ${jobs} jobs (about a minute of processor time)`);
  make("busybox");
  copyFileSync(join(output, "busybox"), kept);
  return readFileSync(kept);
}

/**
 * @param {string} base a .config
 * @param {string} fragment lines CONFIG_X=value that take the place of the base's; "=n" means not set
 * @returns {string} a .config
 */
export function mergeConfig(base, fragment) {
  const changes = fragment.split("\n").filter((line) => line.startsWith("CONFIG_"));
  const changed = new Set(changes.map((line) => line.slice(0, line.indexOf("="))));
  const symbolOf = (line) => /^(?:# )?(CONFIG_\w+)(?:=| is not set)/.exec(line)?.[1];
  const kept = base.split("\n").filter((line) => !changed.has(symbolOf(line)));
  const lines = changes.map((line) => (line.endsWith("=n") ? `# ${line.slice(0, -2)} is not set` : line));
  return [...kept, ...lines, ""].join("\n");
}

/**
 * Names of BusyBox's applets, from the table in its .rodata: NUL-terminated names, "[" first, an empty one last.
 *
 * @param {Buffer} busybox
 * @returns {string[]}
 */
export function applets(busybox) {
  const start = busybox.indexOf(Buffer.from("[\0[[\0"));
  if (start < 0) throw new Error("busybox: no table of applet names; adapt guest/recipe/busybox.mjs");
  const names = [];
  for (let at = start; ; ) {
    const name = busybox.toString("latin1", at, busybox.indexOf(0, at));
    // "busybox" itself is an applet, and a file already.
    if (!/^[a-z0-9_[-]+$/i.test(name)) return names.filter((applet) => applet !== "busybox");
    names.push(name);
    at += name.length + 1;
  }
}
