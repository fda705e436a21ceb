// Debian packages without root: a private apt state in a folder, this machine's own sources and keys.
// Where these name binary packages only, the same archives are asked for source packages too.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { sha256 } from "./hash.mjs";
import { run } from "./run.mjs";

/** The guest is a 32-bit PC. Packages for all architectures come with it. */
const GUEST = "i386";

/** Where this machine says which archives it takes packages from. */
const SOURCES = "/etc/apt";

/** Raised when apt's sources no longer have a pinned version. */
export class ArchiveMovedOn extends Error {
  /** @param {{ name: string, version: string, now: string | undefined }[]} missing */
  constructor(missing) {
    const lines = missing.map(
      ({ name, version, now }) => `  ${name} ${version} (${now ? `now ${now}` : "not at all"})`,
    );
    super(
      [
        "The Debian archive has moved on. This machine's apt sources no longer have:",
        ...lines,
        "Either build from the current versions, which writes a new guest/manifest.json and new images:",
        "  npm run guest:build -- --update",
        "or, to get exactly the committed images again, add to apt's sources a snapshot of the archive from when the",
        "manifest was made (https://snapshot.debian.org lists them by package and version).",
        "The committed images in guest/images need neither.",
      ].join("\n"),
    );
    this.name = "ArchiveMovedOn";
  }
}

/**
 * @param {{ directory: string, log: (line: string) => void, architecture?: string }} where `directory` holds state, cache
 *   and packages, and `architecture` is Debian's name of it; the guest's without
 */
export function openApt({ directory, log, architecture = GUEST }) {
  const state = join(directory, "apt/state");
  const cache = join(directory, "apt/cache");
  const packages = join(directory, "packages");
  for (const folder of [join(state, "lists/partial"), join(cache, "archives/partial"), packages]) {
    mkdirSync(folder, { recursive: true });
  }
  const sources = join(directory, "apt/sources");
  copySources(SOURCES, sources);
  // An empty status file: nothing is installed, as far as this apt knows.
  const status = join(state, "status");
  if (!existsSync(status)) writeFileSync(status, "");
  const options = {
    "Dir::State": state,
    "Dir::State::status": status,
    "Dir::Cache": cache,
    "Dir::Etc::sourcelist": "/dev/null",
    "Dir::Etc::sourceparts": sources,
    "APT::Architecture": architecture,
    "APT::Architectures::": architecture,
    "APT::Sandbox::User": "",
    "Acquire::Languages": "none",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);

  return {
    /** Fetches the package lists. One list that can't be had is no reason to stop: the version may be in another. */
    update() {
      try {
        run("apt-get", [...flags, "update"]);
      } catch (error) {
        log(`apt-get update was not complete; going on with the lists that there are.\n${error.message}`);
      }
    },

    /** @param {{ name: string, source?: boolean }} wanted @returns {string} the version apt would install, or build */
    candidate({ name, source }) {
      const version = candidateOf(name, source);
      if (!version) {
        throw new Error(
          `apt knows no package ${name} for ${architecture}. Its sources (/etc/apt/sources.list*) must name a Debian ` +
            "archive with component main, and must not be limited to another architecture.",
        );
      }
      return version;
    },

    /** @param {string} name @returns {string[]} the packages that its candidate depends on */
    depends(name) {
      const text = run("apt-cache", [...flags, "depends", name]).toString();
      return [...text.matchAll(/^ *Depends: (\S+)$/gm)].map(([, on]) => on);
    },

    /**
     * Checks that every wanted version can still be had.
     *
     * @param {{ name: string, version: string, source?: boolean }[]} wanted
     * @throws {ArchiveMovedOn}
     */
    require(wanted) {
      const missing = wanted.filter(({ name, version, source }) => !versionsOf(name, source).includes(version));
      if (missing.length > 0) {
        throw new ArchiveMovedOn(
          missing.map(({ name, version, source }) => ({ name, version, now: candidateOf(name, source) })),
        );
      }
    },

    /** @returns {boolean} whether exactly this package was downloaded before */
    has({ name, version, source, sha256: expected }) {
      const path = pathOf(name, version, source);
      return existsSync(path) && sha256(readFileSync(path)) === expected;
    },

    /**
     * @param {{ name: string, version: string, source?: boolean, sha256?: string }} wanted With a hash, a file that is
     *   there already is not fetched again, and any other file is an error.
     * @returns {string} path of the .deb; of a source package its .dsc, which has the hashes of the files beside it
     */
    download(wanted) {
      const { name, version, source, sha256: expected } = wanted;
      const path = pathOf(name, version, source);
      if (this.has(wanted)) return path;
      const incoming = join(packages, "incoming");
      rmSync(incoming, { recursive: true, force: true });
      mkdirSync(incoming);
      log(`fetching ${name} ${version}`);
      const how = source ? ["source", "--only-source", "--download-only"] : ["download"];
      run("apt-get", [...flags, ...how, `${name}=${version}`], { cwd: incoming });
      const end = source ? ".dsc" : ".deb";
      const left = readdirSync(incoming).find((entry) => entry.endsWith(end));
      if (!left) throw new Error(`apt-get ${how[0]} ${name}=${version} left no ${end}`);
      const file = join(incoming, left);
      const actual = sha256(readFileSync(file));
      if (expected && actual !== expected) {
        throw new Error(
          `${basename(file)}: the archive serves other bytes than guest/manifest.json says\n` +
            `  expected SHA-256 ${expected}\n  actual   SHA-256 ${actual}\nIf that is wanted: npm run guest:build -- --update`,
        );
      }
      if (source) {
        rmSync(dirname(path), { recursive: true, force: true });
        renameSync(file, join(incoming, basename(path)));
        renameSync(incoming, dirname(path));
      } else renameSync(file, path);
      return path;
    },
  };

  function pathOf(name, version, source) {
    const stem = `${name}_${String(version).replaceAll(":", "%3a")}`;
    return source ? join(packages, stem, "source.dsc") : join(packages, `${stem}.deb`);
  }

  /** Newest first. */
  function versionsOf(name, source = false) {
    // Lines like "name | version | archive"; the archive's ends in "Sources" or "<architecture> Packages".
    return run("apt-cache", [...flags, "madison", name])
      .toString()
      .split("\n")
      .filter((line) => line.trim().endsWith("Sources") === source)
      .map((line) => line.split("|")[1]?.trim())
      .filter(Boolean);
  }

  function candidateOf(name, source) {
    if (source) return versionsOf(name, true)[0];
    const found = /^ {2}Candidate: (\S+)$/m.exec(run("apt-cache", [...flags, "policy", name]).toString())?.[1];
    return found === "(none)" ? undefined : found;
  }
}

/** Copies apt's lists of archives, each also for source packages. */
function copySources(from, to) {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  const parts = join(from, "sources.list.d");
  const files = existsSync(parts) ? readdirSync(parts).map((name) => join(parts, name)) : [];
  for (const file of [join(from, "sources.list"), ...files].filter((path) => existsSync(path))) {
    writeFileSync(join(to, basename(file)), withSources(basename(file), readFileSync(file, "utf8")));
  }
}

/**
 * @param {string} name of the file, which says in which of the two forms of sources.list(5) it is
 * @param {string} text
 * @returns {string} the same archives, for binary and source packages
 */
export function withSources(name, text) {
  if (name.endsWith(".sources")) return text.replaceAll(/^Types:.*$/gim, "Types: deb deb-src");
  return text
    .split("\n")
    .flatMap((line) => (/^\s*deb\s/.test(line) ? [line, line.replace(/deb/, "deb-src")] : [line]))
    .join("\n");
}
