/** What a first visit costs, over the page as it is built: `npm run build` makes it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Release } from "../../web/offline/release.ts";
import { WORKER_FILE } from "./offline.ts";

/** Octets, as they come over the line: before the guest's images, and with them. */
const BEFORE_IMAGES = 600_000;
const IN_ALL = 8_000_000;

const folder = fileURLToPath(new URL("../../dist/web/", import.meta.url));
const read = (path: string) => readFileSync(join(folder, path), "utf8");
/** The TPM's core: a browser fetches one of the two builds. */
const CORE = /^assets\/tabtpm-.*\.wasm$/;

/** In its smallest form that is there. */
const sent = (path: string) =>
  Math.min(
    ...["", ".br", ".gz"].flatMap((end) =>
      existsSync(folder + path + end) ? [statSync(folder + path + end).size] : [],
    ),
  );

/**
 * What a visit fetches only when it is asked for: another language, what makes a new TPM's certificates, the search, the sentences of
 * refusals, lessons and demos, dialogs and panels that are closed at first, and what the page for a bridge has.
 */
const LAZY = [
  ...["de", "certificates", "addon-search", "explain", "HistoryDialog", "Explorer", "TpmsDialog", "manager"],
  ...["Learning", "page", "lesson", "bridge"],
];
/** What a first visit runs: the page's own scripts, the machine and the TPM's worker. */
const RUNS = /^assets\/(first|index|main|worker)-[^/]*\.js$/;

/** What a script imports before it runs, and what that does. */
function withImports(path: string, found: Set<string>): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name] of read(path).matchAll(/(?:\bfrom|\bimport)\s*"\.\/([^"]+\.js)"/g))
    withImports(`assets/${name}`, found);
  return found;
}

test("a first visit stays within its budget", () => {
  const script = read(WORKER_FILE);
  const release = JSON.parse(script.slice(script.indexOf("{"), script.indexOf(";\n"))) as Release;
  const own = release.files.map(({ path }) => path).filter((path) => !path.startsWith("guest/"));
  const scripts = new Set<string>();
  for (const path of own.filter((name) => RUNS.test(name))) withImports(path, scripts);
  const page = read("index.html");
  const isFirst = (path: string) =>
    path.endsWith(".js") ? scripts.has(path) : !path.endsWith(".css") || page.includes(path);
  const first = own.map((path) => (path === "" ? "index.html" : path)).filter(isFirst);
  for (const name of LAZY) {
    const files = own.filter((path) => path.startsWith(`assets/${name}-`));
    expect(files.length, name).toBeGreaterThan(0);
    expect(files.filter(isFirst), name).toEqual([]);
  }
  for (const part of [/\/first-.*\.js$|\/index-.*\.js$/, /\/main-.*\.js$/, /\/worker-.*\.js$/, /\/v86-.*\.wasm$/]) {
    expect(
      first.some((path) => part.test(path)),
      `${part}`,
    ).toBe(true);
  }
  const sum = (names: readonly string[]) => names.reduce((octets, path) => octets + sent(path), 0);
  const cores = first.filter((path) => CORE.test(path));
  expect(cores.length).toBe(2);
  // Of the two it counts the larger.
  const before = sum(first.filter((path) => !CORE.test(path))) + Math.max(...cores.map(sent));
  expect(before).toBeLessThanOrEqual(BEFORE_IMAGES);
  const guest = release.files.filter(({ path, isNeeded }) => path.startsWith("guest/") && isNeeded);
  expect(guest.length).toBeGreaterThan(5);
  expect(before + sum(guest.map(({ path }) => path))).toBeLessThanOrEqual(IN_ALL);
});
