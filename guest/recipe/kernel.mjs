// The kernel: Debian's linux-source, configured by guest/kernel.config, built so that the same compiler gives the same
// bytes. A finished kernel is kept below guest/build under a key of everything it was made from.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { sha256 } from "./hash.mjs";
import { run } from "./run.mjs";

/** What a kernel would otherwise take from the clock and the machine (Documentation/kbuild/reproducible-builds.rst). */
const REPRODUCIBLE = {
  KBUILD_BUILD_TIMESTAMP: "2026-01-01",
  KBUILD_BUILD_USER: "tabtpm",
  KBUILD_BUILD_HOST: "tabtpm",
  KBUILD_BUILD_VERSION: "1",
  // Set, though empty: otherwise a "+" is appended when the source lies in a git tree.
  LOCALVERSION: "",
};

/**
 * @param {{ source: { deb: string, extracted: string }, config: string, toolchain: object, directory: string,
 *   jobs?: number | undefined, log: (line: string) => void }} options
 *   `source`: the linux-source package and where it is extracted; `config`: path of kernel.config; `directory`: where
 *   to build
 * @returns {Buffer} the bzImage
 */
export function buildKernel({ source, config, toolchain, directory, jobs = availableParallelism(), log }) {
  const fragment = readFileSync(config, "utf8");
  const made = JSON.stringify([sha256(readFileSync(source.deb)), fragment, toolchain, REPRODUCIBLE]);
  const kept = join(directory, `bzImage-${sha256(made).slice(0, 16)}`);
  if (existsSync(kept)) return readFileSync(kept);

  const tree = unpackSource(source, directory, log);
  const output = join(directory, "object");
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  const make = (targets, options) =>
    run("make", ["-s", `-j${jobs}`, "-C", tree, "ARCH=i386", `O=${output}`, ...targets], {
      env: { ...REPRODUCIBLE, KCONFIG_ALLCONFIG: config },
      ...options,
    });
  make(["allnoconfig"]);
  checkConfig(fragment, readFileSync(join(output, ".config"), "utf8"));
  log(`building the kernel with ${jobs} jobs (about 7 minutes of processor time)`);
  make(["bzImage"], { show: true });
  const image = readFileSync(join(output, "arch/x86/boot/bzImage"));
  writeFileSync(kept, image);
  return image;
}

/**
 * Kconfig silently drops what it does not know or whose dependencies are missing.
 *
 * @param {string} fragment lines CONFIG_X=value; "=n" means not set
 * @param {string} result the .config that Kconfig wrote
 * @param {string} file the fragment's, for what is said
 */
export function checkConfig(fragment, result, file = "guest/kernel.config") {
  const lines = new Set(result.split("\n"));
  const lost = fragment
    .split("\n")
    .filter((line) => line.startsWith("CONFIG_"))
    .filter((line) => {
      const [, symbol, value] = /^(CONFIG_\w+)=(.*)$/.exec(line) ?? [];
      if (!symbol) throw new Error(`${file}: cannot read ${JSON.stringify(line)}`);
      if (value !== "n") return !lines.has(line);
      return [`${symbol}=y`, `${symbol}=m`].some((set) => lines.has(set));
    });
  if (lost.length > 0) {
    throw new Error(
      `${file} asks for what this source's Kconfig does not give (renamed, or a dependency is missing):\n  ${lost.join("\n  ")}`,
    );
  }
}

function unpackSource({ deb, extracted }, directory, log) {
  const source = join(directory, `source-${sha256(readFileSync(deb)).slice(0, 16)}`);
  if (existsSync(source)) return source;
  log("unpacking the kernel's source");
  const folder = join(extracted, "usr/src");
  const archive = readdirSync(folder).find((name) => /^linux-source-.*\.tar\.xz$/.test(name));
  if (!archive) throw new Error(`${deb} holds no usr/src/linux-source-*.tar.xz`);
  const incoming = join(directory, "incoming");
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming);
  run("tar", ["--strip-components=1", "-xJf", join(folder, archive), "-C", incoming]);
  renameSync(incoming, source);
  return source;
}
