/** The site of `npm run docs`: whole, below any path, and under the page's own policy. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chapters } from "../../docs/.vitepress/chapters.ts";
import { output, run } from "../package/testkit/processes.ts";
import { root } from "../root.mjs";
import { ENTRY_POINTS } from "./api.mjs";

const BUILD_MS = 900_000;

let folder: string;
let site: string;
let pages: { path: string; html: string }[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-site-"));
  site = join(folder, "site");
  await output(process.execPath, [join(root, "scripts/docs.mjs"), "--out", site]);
  pages = readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".html"))
    .map((path) => ({ path: path.replaceAll("\\", "/"), html: readFileSync(join(site, path), "utf8") }));
}, BUILD_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("goes where nothing else lies", async () => {
  const { code, stderr } = await run(process.execPath, [join(root, "scripts/docs.mjs"), "--out", folder]);
  expect(code).toBe(1);
  expect(stderr).toBe(
    `\ntabtpm: ${folder} has something else in it: name a folder that is new, empty, or has the site of before.\n`,
  );
  expect(existsSync(join(site, "index.html"))).toBe(true);
});

it("has a page for each of its contents, and nothing in them twice or missing", () => {
  const listed = chapters.flatMap(({ pages }) => pages.map(({ path }) => `${path}.html`));
  expect(listed.filter((path) => !existsSync(join(site, path)))).toEqual([]);
  expect(new Set(listed).size).toBe(listed.length);
  const written = pages
    .map(({ path }) => path)
    .filter((path) => /^guide\/|^api\/(?!.*\/namespaces\/)(.*\/)?index\.html$/.test(path));
  expect(written.filter((path) => !listed.includes(path))).toEqual([]);
  expect(listed.filter((path) => path.startsWith("api/")).length).toBe(1 + ENTRY_POINTS.length);
});

it("has every entry point of the package", () => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const entries = Object.entries(exports).flatMap(([name, target]) => {
    const types = (target as { types?: string }).types;
    // The element is no module of names: docs/embed.md.
    return types === undefined || name === "./element" ? [] : [types.replace("./dist", "src").replace(".d.ts", ".ts")];
  });
  expect(entries.length).toBeGreaterThan(5);
  expect(entries.filter((path) => !ENTRY_POINTS.includes(path))).toEqual([]);
});

it("shows no HTML of the pages that it is made of", () => {
  const shown = pages.filter(({ html }) =>
    /&lt;(a id=|br|\/p&gt;)/.test(html.replaceAll(/<(code|pre)\b.*?<\/\1>/gs, "")),
  );
  expect(shown.map(({ path }) => path)).toEqual([]);
});

it("has no scripts, no inline styles, and nothing from elsewhere", () => {
  for (const { path, html } of pages) {
    expect(html, path).not.toMatch(
      /<script|<style|\sstyle="|\son\w+="|<(img|iframe|link|source)\b[^>]*"(https?:)?\/\//,
    );
  }
  const sheets = readdirSync(join(site, "assets")).filter((name) => name.endsWith(".css"));
  expect(sheets).toHaveLength(1);
  expect(readFileSync(join(site, "assets", sheets[0]!), "utf8")).not.toMatch(/@import|url\((?!["']?data:)/);
});

it("has no dead link, to a page or to a place in it", () => {
  const ids = new Map(
    pages.map(({ path, html }) => [path, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))]),
  );
  const dead = pages.flatMap(({ path, html }) =>
    [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].flatMap(([, address = ""]) => {
      if (/^(https?|data):/.test(address)) return [];
      const [file = "", id] = address.split("#");
      const target = relative(site, resolve(site, dirname(path), decodeURI(file) || path.split("/").at(-1)!));
      const isThere = !file.startsWith("/") && existsSync(join(site, target)) && !target.startsWith("..");
      const hasPlace = id === undefined || ids.get(target)?.has(decodeURIComponent(id)) === true;
      return isThere && hasPlace ? [] : [`${path}: ${address}`];
    }),
  );
  expect(dead).toEqual([]);
});
