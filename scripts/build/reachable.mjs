/** What of dist/ the package has: what its entry points load. The compiler writes all that is below src/, the generator and all. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, posix, relative } from "node:path";

/** Of the library, as package.json exports them; the worker in Node is named by a condition, which nobody can follow. */
const ENTRIES = [
  ...["index.js", "node/index.js", "engine/workerNode.js", "node/entries/store.js", "node/entries/tpm.js"],
  ...["attest", "client", "eventLog", "registers", "store", "tpm", "trace"].map((name) => `entries/${name}.js`),
];
/** In imports, in exports, and in what is told to bundlers. */
const SPECIFIER = /(?:\bfrom |\bimport |\bimport\(|\bnew URL\()"(\.[^"]*)"/g;

/**
 * @param {(path: string) => string | undefined} read the text of a file of dist/; undefined when it is not there
 * @param {readonly string[]} entries
 * @returns {Set<string>} modules, their types, and files beside them that they name
 */
export function reachable(read, entries = ENTRIES) {
  const found = new Set();
  const queue = [...entries];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (found.has(path)) continue;
    const text = read(path);
    if (text === undefined) continue;
    found.add(path);
    if (!/\.(js|d\.ts)$/.test(path)) continue;
    queue.push(path.endsWith(".js") ? path.replace(/\.js$/, ".d.ts") : path.replace(/\.d\.ts$/, ".js"));
    for (const [, specifier] of text.matchAll(SPECIFIER)) {
      const target = posix.join(posix.dirname(path), specifier);
      // Declarations name their sources.
      queue.push(path.endsWith(".d.ts") ? target.replace(/(?<!\.d)\.ts$/, ".d.ts") : target);
    }
  }
  return found;
}

/**
 * Tells npm what to leave out, in dist/.npmignore: a list in package.json would be out of date with each new module.
 * @param {string} dist
 */
export function writeIgnoreFile(dist) {
  const isThere = (path) => !path.startsWith("../") && statSync(join(dist, path), { throwIfNoEntry: false })?.isFile();
  const read = (path) => (isThere(path) ? readFileSync(join(dist, path), "utf8") : undefined);
  const taken = reachable(read);
  const files = readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dist, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  const left = files.filter(
    (path) => /\.(js|d\.ts)$/.test(path) && !/^(commands|docs|element|web)\//.test(path) && !taken.has(path),
  );
  // The page, the docs, and what the build remembers.
  writeFileSync(
    join(dist, ".npmignore"),
    `${["/.*", "/docs/", "/web/", ...left.sort().map((path) => `/${path}`)].join("\n")}\n`,
  );
}
