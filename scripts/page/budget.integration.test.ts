/** What a first visit costs, over the page as it is built: `npm run build` makes it. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Release } from "../../web/offline/release.ts";
import { WORKER_FILE } from "./offline.ts";

/** Octets, as they come over the line: before the guest's images, and with them. */
const BEFORE_IMAGES = 600_000;
const IN_ALL = 8_000_000;

const folder = fileURLToPath(new URL("../../dist/web/", import.meta.url));
const read = (path: string) => readFileSync(join(folder, path), "utf8");
/** In its smallest form that is there. */
const sent = (path: string) =>
  Math.min(
    ...["", ".br", ".gz"].flatMap((end) =>
      existsSync(folder + path + end) ? [statSync(folder + path + end).size] : [],
    ),
  );

/** A file and all that it says it cannot do without. */
function loadedBy(path: string, seen = new Set<string>()): Set<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  const needs = path.endsWith(".html")
    ? read(path).matchAll(/(?:src|href)="\.\/([^"]+)"/g)
    : path.endsWith(".js")
      ? read(path).matchAll(/(?:^|[;}])import(?:[^"'()]*from)?["']\.\/([^"']+)["']/g)
      : [];
  for (const [, name] of needs) loadedBy(posix.join(path.endsWith(".html") ? "" : posix.dirname(path), name!), seen);
  return seen;
}

test("a first visit stays within its budget", () => {
  const script = read(WORKER_FILE);
  const release = JSON.parse(script.slice(script.indexOf("{"), script.indexOf(";\n"))) as Release;
  const paths = release.files.map(({ path }) => path);
  // What it fetches as it starts: the TPM with its worker, the emulator.
  const started = paths.filter((path) => /^assets\/(worker-.*\.js|.*\.wasm)$/.test(path));
  expect(started.length).toBeGreaterThanOrEqual(3);
  const first = new Set([...loadedBy("index.html"), ...started.flatMap((path) => [...loadedBy(path)])]);
  // The page's own code is not all lazy, and what is lazy is not in it.
  expect([...first].some((path) => /\/index-.*\.js$/.test(path))).toBe(true);
  expect([...first].filter((path) => /certificates|\/de-/.test(path))).toEqual([]);
  const sum = (names: Iterable<string>) => [...names].reduce((octets, path) => octets + sent(path), 0);
  expect(sum(first)).toBeLessThanOrEqual(BEFORE_IMAGES);
  const guest = release.files.filter(({ path, isNeeded }) => path.startsWith("guest/") && isNeeded);
  expect(guest.length).toBeGreaterThan(5);
  expect(sum(first) + sum(guest.map(({ path }) => path))).toBeLessThanOrEqual(IN_ALL);
});
