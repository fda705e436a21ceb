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
/** In its smallest form that is there. */
const sent = (path: string) =>
  Math.min(
    ...["", ".br", ".gz"].flatMap((end) =>
      existsSync(folder + path + end) ? [statSync(folder + path + end).size] : [],
    ),
  );

/**
 * What a visit fetches only when it is asked for: another language, what makes a new TPM and its certificates, the search, the
 * sentences of refusals, lessons, and dialogs and panels that are closed at first.
 */
const LAZY = [
  ...["de", "certificates", "addon-search", "explain", "HistoryDialog", "Explorer", "TpmsDialog", "manager"],
  // The drawer of lessons and demos, what runs them, and the lessons.
  ...["Learning", "page", "lesson"],
];
const isLazy = (path: string) => LAZY.some((name) => path.startsWith(`assets/${name}-`) && /\.(js|css)$/.test(path));

test("a first visit stays within its budget", () => {
  const script = read(WORKER_FILE);
  const release = JSON.parse(script.slice(script.indexOf("{"), script.indexOf(";\n"))) as Release;
  const own = release.files.map(({ path }) => path).filter((path) => !path.startsWith("guest/"));
  // There are such, so that their names are what this test takes them for.
  expect(LAZY.filter((name) => !own.some((path) => isLazy(path) && path.startsWith(`assets/${name}-`)))).toEqual([]);
  const first = own.map((path) => (path === "" ? "index.html" : path)).filter((path) => !isLazy(path));
  for (const part of [/\/first-.*\.js$|\/index-.*\.js$/, /\/main-.*\.js$/, /\/worker-.*\.js$/, /\/v86-.*\.wasm$/]) {
    expect(
      first.some((path) => part.test(path)),
      `${part}`,
    ).toBe(true);
  }
  const sum = (names: readonly string[]) => names.reduce((octets, path) => octets + sent(path), 0);
  expect(sum(first)).toBeLessThanOrEqual(BEFORE_IMAGES);
  const guest = release.files.filter(({ path, isNeeded }) => path.startsWith("guest/") && isNeeded);
  expect(guest.length).toBeGreaterThan(5);
  expect(sum(first) + sum(guest.map(({ path }) => path))).toBeLessThanOrEqual(IN_ALL);
});
