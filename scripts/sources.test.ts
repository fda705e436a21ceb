/**
 * tsc and biome read every TypeScript and JavaScript file of the project. Only AssemblyScript is left out: neither can read
 * its decorators and its types; asc checks it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { upToLastImport } from "./rooms/imports.ts";
import ts from "./typescript.ts";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Entries of the kernels' builds for tests: AssemblyScript among the tests' TypeScript. */
const ASSEMBLYSCRIPT_OF_TESTS = ["asm/testkit/crypto/entry.ts", "asm/testkit/crypto/public.ts"];
/** The rule: asm is AssemblyScript, but for its tests and what helps them. */
function isAssemblyScript(path: string): boolean {
  if (ASSEMBLYSCRIPT_OF_TESTS.includes(path)) return true;
  return path.startsWith("asm/") && !path.startsWith("asm/testkit/") && !path.endsWith(".test.ts");
}

/** Folders that Git does not see. */
const ignored = linesOf(".gitignore").filter((line) => line.endsWith("/"));
const isIgnored = (folder: string) =>
  ignored.some(
    (name) =>
      name === `${folder}/` || (name.indexOf("/") === name.length - 1 && folder.endsWith(`/${name.slice(0, -1)}`)),
  );

/** All source files, by their paths from the project's folder with "/" between the parts. */
const sources = [...sourcesBelow("")].sort();
function* sourcesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory() && entry.name !== ".git" && !isIgnored(path)) yield* sourcesBelow(path);
    if (entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name)) yield path;
  }
}

describe("every source file", () => {
  const wanted = sources.filter((path) => !isAssemblyScript(path));

  it("is AssemblyScript or read by tsc, never both", () => {
    const { config, error } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
    expect(error).toBeUndefined();
    const { fileNames, errors, options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
    expect(errors).toEqual([]);
    expect(options.strict).toBe(true);
    expect(fileNames.map((path) => relative(root, path).split(sep).join("/")).sort()).toEqual(wanted);
  });

  it("is AssemblyScript or read by biome, never both", () => {
    const { files, vcs, linter, formatter, overrides } = JSON.parse(read("biome.json"));
    expect(sources.filter(filterOf(files.includes))).toEqual(wanted);
    // No other place takes files out, or rules from some of them.
    expect(vcs).toEqual({ enabled: true, clientKind: "git", useIgnoreFile: true });
    expect([linter.enabled, linter.includes, formatter.enabled, formatter.includes]).toEqual([
      true,
      undefined,
      true,
      undefined,
    ]);
    expect(overrides).toBeUndefined();
  });

  it("keeps to its language: TypeScript imports no AssemblyScript", () => {
    const strays = wanted.flatMap((path) =>
      importsOf(path)
        .filter(isAssemblyScript)
        .map((imported) => `${path} imports ${imported}`),
    );
    expect(strays).toEqual([]);
  });
});

/** Unit tests of several files share their globals: what one leaves, another has, or not, by the order they happen to run in. */
describe("every test", () => {
  const tests = sources.filter((path) => path !== "scripts/sources.test.ts" && path.endsWith(".test.ts"));

  it("that replaces a global puts it back", () => {
    const replacing = tests.filter((path) => /\bstubGlobal\(/.test(read(path)));
    expect(replacing.length).toBeGreaterThan(5);
    // The second has the first in it.
    expect(replacing.filter((path) => !/unstubAllGlobals\(\)|useIndexedDb\(\)/.test(read(path)))).toEqual([]);
  });

  it("has no IndexedDB for all of the process", () => {
    expect(tests.filter((path) => imports(path, "fake-indexeddb/auto"))).toEqual([]);
  });
});

function imports(path: string, module: string): boolean {
  return ts.preProcessFile(read(path)).importedFiles.some(({ fileName }) => fileName === module);
}

describe("globs of biome.json", () => {
  it.each([
    [["**"], "a/b.ts", true],
    [["**", "!a"], "a/b.ts", false],
    [["**", "!a"], "b/a/b.ts", true],
    [["**", "!a/**/*.ts", "a/**/*.test.ts"], "a/b.ts", false],
    [["**", "!a/**/*.ts", "a/**/*.test.ts"], "a/b/c.test.ts", true],
    [["**", "!**/*.md"], "a/b.md", false],
    [["*.ts"], "a/b.ts", false],
    [["**", "!a/b.ts"], "a/bats", true],
  ])("%j let %s through: %j", (globs, path, through) => {
    expect(filterOf(globs)(path)).toBe(through);
  });

  it("that are more than stars are refused, not guessed", () => {
    expect(() => filterOf(["**", "!*.{ts,tsx}"])).toThrow('biome.json: "*.{ts,tsx}"');
  });
});

/** What biome's `files.includes` lets through: the last glob that matches decides; one with "!" takes whole folders out. */
function filterOf(globs: string[]): (path: string) => boolean {
  const rules = globs.map((glob) => {
    const takesOut = glob.startsWith("!");
    const pattern = takesOut ? glob.slice(1) : glob;
    if (!/^[\w./*-]+$/.test(pattern))
      throw new Error(`biome.json: "${pattern}" has more than stars, which this test can't read`);
    const parts = { "**/": "(.*/)?", "**": ".*", "*": "[^/]*", ".": "\\." } as Record<string, string>;
    const body = pattern.replaceAll(/\*\*\/|\*\*|\*|\./g, (part) => parts[part] ?? part);
    return { takesOut, matches: new RegExp(`^${body}${takesOut ? "(/.*)?" : ""}$`) };
  });
  return (path) => rules.findLast(({ matches }) => matches.test(path))?.takesOut === false;
}

/** The files of the project that a file imports, as paths like those of {@link sources}; AssemblyScript leaves ".ts" out. */
function importsOf(path: string): string[] {
  return ts
    .preProcessFile(upToLastImport(read(path)))
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => posix.join(dirname(path), fileName))
    .map(
      (name) =>
        [name, `${name}.ts`, `${name}/index.ts`].find((file) => /\.\w+$/.test(file) && existsSync(join(root, file))) ??
        name,
    );
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}
function linesOf(path: string): string[] {
  return read(path).split(/\r?\n/);
}
