/** Makes the site: gathers the pages in dist/.docs, has TypeDoc add those of the API, and VitePress make HTML of all. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vitepress";
import { root, UserError } from "../setup.mjs";
import { writeApi } from "./api.mjs";
import { makeStatic } from "./static.mjs";

/** Where docs/.vitepress/config.ts has its pages from. */
const PAGES = join(root, "dist/.docs/pages");

/**
 * @param {string} out the site's folder; what was there is replaced when all went well
 * @throws UserError for a folder with something else in it, and for a page that can't be made
 */
export async function buildDocs(out) {
  if (existsSync(out) && readdirSync(out).length > 0 && !existsSync(join(out, "api/index.html"))) {
    throw new UserError(
      `${out} has something else in it: name a folder that is new, empty, or has the site of before.`,
    );
  }
  rmSync(PAGES, { recursive: true, force: true });
  mkdirSync(PAGES, { recursive: true });
  for (const name of readdirSync(join(root, "docs"))) {
    if (name.endsWith(".md") || name === "guide" || name === "newcomer")
      cpSync(join(root, "docs", name), join(PAGES, name), { recursive: true });
  }
  // The guide's first page is the site's.
  const first = readFileSync(join(PAGES, "guide/index.md"), "utf8");
  writeFileSync(
    join(PAGES, "index.md"),
    first.replaceAll(/\]\((\.\.\/)?(?=[\w-]+\.md)/g, (_, up) => (up ? "](" : "](guide/")),
  );
  rmSync(join(PAGES, "guide/index.md"));
  if (!(await writeApi(join(PAGES, "api"))))
    throw new UserError("TypeDoc did not take the sources; its messages are above.");
  const made = join(root, "dist/.docs/site");
  rmSync(made, { recursive: true, force: true });
  await build(join(root, "docs"), { outDir: made });
  makeStatic(made);
  rmSync(out, { recursive: true, force: true });
  // Not renamed: it may be on another disk.
  cpSync(made, out, { recursive: true });
  rmSync(made, { recursive: true });
  rmSync(PAGES, { recursive: true, force: true });
}
