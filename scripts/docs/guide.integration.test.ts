/** Every example of the guide, and of the docs that it leads to, does what it says. Those of the README: scripts/package. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Guest } from "../../e2e/guest.ts";
import { run } from "../package/testkit/processes.ts";
import { root } from "../root.mjs";
import { type Place, patternOf, type Snippet, snippetsOf } from "./snippets.ts";
import { makeProject, serveFolders } from "./testkit.ts";

const PATIENCE = 600_000;
const PAGES = [
  ...readdirSync(join(root, "docs/guide")).map((name) => `docs/guide/${name}`),
  ...["docs/client.md", "docs/embed.md"],
];

const all = PAGES.flatMap((path) => snippetsOf(path, readFileSync(join(root, path), "utf8")));
const at = (...places: Place[]) => all.filter(({ place }) => places.includes(place));
const named = (snippets: readonly Snippet[]) => snippets.map((snippet) => [snippet.where, snippet] as const);

let project: ReturnType<typeof makeProject>;
let host: Awaited<ReturnType<typeof serveFolders>>;
let browser: Browser;
beforeAll(async () => {
  project = makeProject();
  await buildPages();
  host = await serveFolders({
    "/tabtpm/guest/": join(root, "guest"),
    "/tabtpm/": join(root, "dist/element"),
    "/guest/": join(root, "guest"),
    "/page/": join(root, "dist/web"),
    "/": join(project.folder, "site"),
  });
  const { chromium } = await import("@playwright/test");
  const { default: config } = await import(pathToFileURL(join(root, "playwright.config.ts")).href);
  browser = await chromium.launch(config.use.launchOptions);
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  await host?.close();
  project?.remove();
});

const HEAD =
  '<!doctype html><html lang="en"><meta charset="utf-8"><title>An example</title><link rel="icon" href="data:,">';
const fileOf = ({ where }: Snippet) => `${basename(where).replace(/\W+/g, "-")}`;

/** The examples for a page, each a page of its own, built by Vite; those in HTML beside them as they are. */
async function buildPages(): Promise<void> {
  const source = join(project.folder, "pages");
  mkdirSync(source);
  for (const snippet of at("js page")) {
    writeFileSync(join(source, `${fileOf(snippet)}.js`), snippet.code);
    writeFileSync(
      join(source, `${fileOf(snippet)}.html`),
      `${HEAD}<script type="module" src="./${fileOf(snippet)}.js"></script>`,
    );
  }
  const { build } = await import("vite");
  await build({
    root: source,
    configFile: false,
    logLevel: "error",
    build: {
      outDir: join(project.folder, "site"),
      target: "es2022",
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 2000,
      rolldownOptions: { input: at("js page").map((snippet) => join(source, `${fileOf(snippet)}.html`)) },
    },
  });
  for (const snippet of at("html"))
    writeFileSync(join(project.folder, "site", `${fileOf(snippet)}.html`), HEAD + snippet.code);
}

it("are there, in each of the places", () => {
  for (const place of ["js", "js page", "js console", "html", "sh", "sh guest"] as const) {
    expect(at(place).length, place).toBeGreaterThan(0);
  }
});

describe("in Node and in a shell", () => {
  it.each(named(at("js", "sh")))(
    "%s",
    async (where, snippet) => {
      // What one example of a page leaves behind, the next one finds.
      const cwd = join(project.folder, basename(where).split(":")[0]!);
      mkdirSync(cwd, { recursive: true });
      const script = join(cwd, `${fileOf(snippet)}.js`);
      writeFileSync(script, snippet.code);
      const { PATH } = process.env;
      const env = { ...process.env, PATH: `${project.bin}:${PATH}` };
      const { code, stdout, stderr } =
        snippet.place === "sh"
          ? await run("sh", ["-euc", snippet.code], { cwd, env })
          : await run(process.execPath, [script], { cwd });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      if (snippet.output !== null) expect(stdout.trimEnd()).toMatch(patternOf(snippet.output));
    },
    PATIENCE,
  );
});

/** A page, and what it has said on its console so far. */
async function open(path: string): Promise<{ page: Page; said: string[]; complaints: string[] }> {
  const page = await browser.newPage();
  const said: string[] = [];
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "log") said.push(message.text());
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.message}`));
  await page.goto(`${host.address}/${path}`);
  return { page, said, complaints };
}

describe("in a page", () => {
  it.each(named(at("js page")))(
    "%s",
    async (_, snippet) => {
      const { page, said, complaints } = await open(`${fileOf(snippet)}.html`);
      const pattern = patternOf(snippet.output!);
      await expect
        .poll(() => pattern.test(said.join("\n")) || complaints.length > 0, { timeout: PATIENCE, interval: 50 })
        .toBe(true);
      expect(complaints).toEqual([]);
      await page.close();
    },
    PATIENCE,
  );

  it.each(named(at("html")))(
    "%s starts a machine",
    async (_, snippet) => {
      const { page, complaints } = await open(`${fileOf(snippet)}.html`);
      await page.waitForFunction(() => document.querySelector("tab-tpm")?.machine?.stage === "bios", undefined, {
        timeout: PATIENCE,
      });
      expect(complaints).toEqual([]);
      await page.close();
    },
    PATIENCE,
  );
});

describe("at the page", () => {
  let opened: Awaited<ReturnType<typeof open>>;
  let guest: Guest;
  beforeAll(async () => {
    opened = await open("page/");
    guest = new Guest(opened.page);
    await opened.page.evaluate(() => window.tabtpm.ready);
    await opened.page.waitForFunction(() => /tabtpm# /.test(window.tabtpm.serial.text()), undefined, {
      timeout: PATIENCE,
    });
  }, PATIENCE);
  afterAll(() => opened?.page.close());

  it("leads to the guide where it lies beside the page, and nowhere else", async () => {
    const link = opened.page.locator("a.guide");
    const isBuilt = existsSync(join(root, "dist/web/docs/index.html"));
    expect(await link.count()).toBe(isBuilt ? 1 : 0);
    if (!isBuilt) return;
    const [guide] = await Promise.all([opened.page.context().waitForEvent("page"), link.click()]);
    expect(await guide.title()).toMatch(/tabtpm/);
    await guide.close();
  });

  it.each(named(at("js console")))(
    "%s",
    async (_, snippet) => {
      opened.said.length = 0;
      await opened.page.evaluate(`(async () => {${snippet.code}})()`);
      expect(opened.said.join("\n")).toMatch(patternOf(snippet.output!));
    },
    PATIENCE,
  );

  it.each(named(at("sh guest")))(
    "%s",
    async (_, snippet) => {
      const said: string[] = [];
      for (const line of snippet.code.trim().split("\n")) {
        const { output, exitCode } = await guest.run(line);
        expect({ line, exitCode }, output).toEqual({ line, exitCode: 0 });
        said.push(output.trimEnd());
      }
      if (snippet.output !== null) expect(said.filter(Boolean).join("\n")).toMatch(patternOf(snippet.output));
    },
    PATIENCE,
  );
});
