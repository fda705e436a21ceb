import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { docsBeside } from "./docs.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tabtpm-docs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the plugin tells the page, and which files it puts beside it. */
function built() {
  const { config, generateBundle } = docsBeside(folder) as unknown as {
    config: () => { define: Record<string, string> };
    generateBundle: (this: { emitFile: (file: { fileName: string }) => void }) => void;
  };
  const files: string[] = [];
  generateBundle.call({ emitFile: ({ fileName }) => files.push(fileName) });
  return { isLinked: config().define["import.meta.env.TABTPM_DOCS"], files: files.sort() };
}

it("links to the guide where it is built, and takes all of it along", () => {
  mkdirSync(join(folder, "guide"));
  for (const name of ["index.html", "guide/embed.html"]) writeFileSync(join(folder, name), name);
  expect(built()).toEqual({ isLinked: "true", files: ["docs/guide/embed.html", "docs/index.html"] });
});

it("has no link where it is not, or not whole", () => {
  expect(built()).toEqual({ isLinked: "false", files: [] });
  writeFileSync(join(folder, "embed.html"), "left over");
  expect(built()).toEqual({ isLinked: "false", files: [] });
});
