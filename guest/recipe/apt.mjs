// Debian packages without root: a private apt state below guest/build, this machine's own sources and keys.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { sha256 } from "./hash.mjs";
import { run } from "./run.mjs";

/** The guest is a 32-bit PC. Packages for all architectures come with it. */
const ARCHITECTURE = "i386";

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
 * @param {{ directory: string, log: (line: string) => void }} where `directory` holds state, cache and packages
 */
export function openApt({ directory, log }) {
  const state = join(directory, "apt/state");
  const cache = join(directory, "apt/cache");
  const packages = join(directory, "packages");
  for (const folder of [join(state, "lists/partial"), join(cache, "archives/partial"), packages]) {
    mkdirSync(folder, { recursive: true });
  }
  // An empty status file: nothing is installed, as far as this apt knows.
  const status = join(state, "status");
  if (!existsSync(status)) writeFileSync(status, "");
  const options = {
    "Dir::State": state,
    "Dir::State::status": status,
    "Dir::Cache": cache,
    "APT::Architecture": ARCHITECTURE,
    "APT::Architectures::": ARCHITECTURE,
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

    /** @param {string} name @returns {string} the version apt would install */
    candidate(name) {
      const version = candidateOf(name);
      if (!version) {
        throw new Error(
          `apt knows no package ${name} for ${ARCHITECTURE}. Its sources (/etc/apt/sources.list*) must name a Debian ` +
            "archive with component main, and must not be limited to another architecture.",
        );
      }
      return version;
    },

    /**
     * Checks that every wanted version can still be had.
     *
     * @param {{ name: string, version: string }[]} wanted
     * @throws {ArchiveMovedOn}
     */
    require(wanted) {
      const missing = wanted.filter(({ name, version }) => !versionsOf(name).includes(version));
      if (missing.length > 0) {
        throw new ArchiveMovedOn(missing.map(({ name, version }) => ({ name, version, now: candidateOf(name) })));
      }
    },

    /** @returns {boolean} whether exactly this package was downloaded before */
    has({ name, version, sha256: expected }) {
      const path = pathOf(name, version);
      return existsSync(path) && sha256(readFileSync(path)) === expected;
    },

    /**
     * @param {{ name: string, version: string, sha256?: string }} wanted With a hash, a file that is there already
     *   is not fetched again, and any other file is an error.
     * @returns {string} path of the .deb
     */
    download(wanted) {
      const { name, version, sha256: expected } = wanted;
      const path = pathOf(name, version);
      if (this.has(wanted)) return path;
      const incoming = join(packages, "incoming");
      rmSync(incoming, { recursive: true, force: true });
      mkdirSync(incoming);
      log(`fetching ${name} ${version}`);
      run("apt-get", [...flags, "download", `${name}=${version}`], { cwd: incoming });
      const file = readdirSync(incoming).map((entry) => join(incoming, entry))[0];
      if (!file) throw new Error(`apt-get download ${name}=${version} left no .deb`);
      const actual = sha256(readFileSync(file));
      if (expected && actual !== expected) {
        throw new Error(
          `${basename(file)}: the archive serves other bytes than guest/manifest.json says\n` +
            `  expected SHA-256 ${expected}\n  actual   SHA-256 ${actual}\nIf that is wanted: npm run guest:build -- --update`,
        );
      }
      renameSync(file, path);
      return path;
    },
  };

  function pathOf(name, version) {
    return join(packages, `${name}_${String(version).replaceAll(":", "%3a")}.deb`);
  }

  function versionsOf(name) {
    // Lines like "name | version | source".
    return run("apt-cache", [...flags, "madison", name])
      .toString()
      .split("\n")
      .map((line) => line.split("|")[1]?.trim())
      .filter(Boolean);
  }

  function candidateOf(name) {
    const found = /^ {2}Candidate: (\S+)$/m.exec(run("apt-cache", [...flags, "policy", name]).toString())?.[1];
    return found === "(none)" ? undefined : found;
  }
}
