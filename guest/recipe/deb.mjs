// What a .deb says of itself, and what it holds.
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { run } from "./run.mjs";

/**
 * @param {string} deb
 * @returns {{ version: string, architecture: string, source: { name: string, version: string }, builtUsing: string[] }}
 *   `builtUsing`: source packages ("glibc 2.36-9") whose code was linked in statically
 */
export function describePackage(deb) {
  const field = (name) => run("dpkg-deb", ["-f", deb, name]).toString().trim();
  const version = field("Version");
  // "Source" is there only when it differs from the binary package: "name" or "name (version)".
  const [, sourceName, sourceVersion] = /^(\S+)(?: \((\S+)\))?$/.exec(field("Source")) ?? [];
  const builtUsing = [...field("Built-Using").matchAll(/(\S+) \(= (\S+)\)/g)].map(([, name, v]) => `${name} ${v}`);
  return {
    version,
    architecture: field("Architecture"),
    source: { name: sourceName ?? field("Package"), version: sourceVersion ?? version },
    builtUsing,
  };
}

/** @param {string} deb @param {string} directory is made when it is not there */
export function extractPackage(deb, directory) {
  mkdirSync(directory, { recursive: true });
  run("dpkg-deb", ["-x", deb, directory]);
}

/**
 * @param {string} dsc
 * @param {string[]} builtUsing source packages that the recipe links in statically
 * @returns {ReturnType<typeof describePackage>}
 */
export function describeSource(dsc, builtUsing) {
  const text = readFileSync(dsc, "utf8");
  const field = (name) => new RegExp(`^${name}: (.+)$`, "m").exec(text)?.[1];
  const version = field("Version");
  const name = field("Source");
  if (!version || !name) throw new Error(`${dsc} names no source package and version`);
  return { version, architecture: "source", source: { name, version }, builtUsing };
}

/** The source with Debian's patches. apt has checked the .dsc's signature and its files. @param {string} dsc */
export function extractSource(dsc, directory) {
  rmSync(directory, { recursive: true, force: true });
  run("dpkg-source", ["--no-check", "-x", dsc, directory]);
}
