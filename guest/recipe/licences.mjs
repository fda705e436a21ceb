// Licence texts of what is in the images: each source package's copyright file, and the common texts they refer to.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Debian keeps these texts once, in base-files, and copyright files refer to them by path. */
const COMMON = "/usr/share/common-licenses";
const REFERENCE = /\/usr\/share\/common-licenses\/([A-Z][\w.-]*\w)/g;
/** LGPL-3 is a set of additions to GPL-3. */
const BUILDS_ON = { "LGPL-3": ["GPL-3"] };

/**
 * Writes <directory>/<source package>.txt and the common texts; nothing else stays in that directory.
 *
 * @param {{ name: string, architecture: string, source: { name: string }, extracted: string }[]} packages
 * @param {string} directory
 */
export function writeLicences(packages, directory) {
  const texts = new Map();
  for (const { name, source, architecture, extracted } of packages) {
    const path = architecture === "source" ? "debian/copyright" : join("usr/share/doc", name, "copyright");
    texts.set(source.name, readFileSync(join(extracted, path), "utf8"));
  }
  const common = new Set();
  for (const text of texts.values()) {
    for (const [, licence] of text.matchAll(REFERENCE)) {
      for (const needed of [licence, ...(BUILDS_ON[licence] ?? [])]) common.add(needed);
    }
  }
  for (const licence of common) texts.set(licence, readFileSync(join(COMMON, licence), "utf8"));

  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) if (!texts.has(name.replace(/\.txt$/, ""))) rmSync(join(directory, name));
  for (const [name, text] of texts) writeFileSync(join(directory, `${name}.txt`), text);
}
