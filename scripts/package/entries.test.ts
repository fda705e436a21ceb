/**
 * The entry points that need no v86 and no document: the compiler is given them with the names of a worker, or of Node, and nothing
 * else. What it can't find there is what they must not use.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { reachable } from "../build/reachable.mjs";
import { root } from "../setup.mjs";
import ts from "../typescript.ts";

const PURE = ["attest", "client", "eventLog", "registers", "store", "tpm", "trace"].map(
  (name) => `src/entries/${name}.ts`,
);
const OF_NODE = ["store", "tpm"].map((name) => `src/node/entries/${name}.ts`);
/** Of the compiler's libraries. A worker has no document and no window. */
const WORKER = { lib: ["lib.es2023.d.ts", "lib.webworker.d.ts"], types: [] };
/** Node's own types lack WebAssembly and what comes from it. */
const NODE = { ...WORKER, types: ["node"] };

// Preact's types would bring the document along.
const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
delete config.compilerOptions.jsxImportSource;
delete config.compilerOptions.jsx;
const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);

/** What the engine looks for before it uses it, and does without in a worker: Node's timers. */
const GUARDED = `declare const setImmediate: ((work: () => void) => void) | undefined;
declare function setTimeout(handler: () => void, milliseconds?: number): number | { unref(): void };
declare function clearTimeout(timer: unknown): void;`;
const GUARDED_FILE = join(root, "guarded.d.ts");

/** What the compiler finds wrong with some files and all that they import, and which files those are. */
function check(files: readonly string[], kind: typeof WORKER | typeof NODE) {
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, version) =>
    name === GUARDED_FILE ? ts.createSourceFile(name, GUARDED, version) : getSourceFile(name, version);
  const all = [...files.map((file) => join(root, file)), ...(kind === WORKER ? [GUARDED_FILE] : [])];
  const program = ts.createProgram(all, { ...options, ...kind }, host);
  const found = [
    ...program.getGlobalDiagnostics(),
    ...program.getSyntacticDiagnostics(),
    ...program.getSemanticDiagnostics(),
  ];
  const modules = program.getSourceFiles().map(({ fileName }) => relative(root, fileName).replaceAll("\\", "/"));
  return { problems: found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")), modules };
}

const isOfV86 = (module: string) => /^src\/v86\/|node_modules\/v86/.test(module);

describe("entry points without v86", () => {
  it("of browsers use what a worker has: no document, none of Node's modules", () => {
    const { problems, modules } = check(PURE, WORKER);
    expect(problems).toEqual([]);
    expect(modules.filter(isOfV86)).toEqual([]);
    expect(modules).toEqual(
      expect.arrayContaining(["src/tis/device.ts", "src/engine/tpm.ts", "src/store/indexedDb.ts"]),
    );
  });

  it("of Node use what Node has", () => {
    const { problems, modules } = check(OF_NODE, NODE);
    expect(problems).toEqual([]);
    expect(modules.filter(isOfV86)).toEqual([]);
    expect(modules).toContain("src/store/file.ts");
  });

  it("would be found out: of others it is said what they use", () => {
    const { problems } = check(["src/store/fileSystem.ts", "web/pc/download.ts"], WORKER);
    for (const name of ["'node:fs/promises'", "'document'"]) {
      expect(problems).toContainEqual(expect.stringContaining(name));
    }
    expect(["src/v86/attach.ts", "node_modules/v86/v86.d.ts"].every(isOfV86)).toBe(true);
  });
});

describe("what was built", () => {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const read = (path: string) => {
    try {
      return readFileSync(join(root, "dist", path), "utf8");
    } catch {
      return undefined;
    }
  };
  const scripts = Object.entries<Record<string, string>>(exports).flatMap(([name, { default: path }]) =>
    path?.startsWith("./dist/entries/") ? [[name, path.replace("./dist/", "")] as const] : [],
  );

  it("has an entry point for each of them", () => {
    expect(scripts.map(([name]) => name)).toEqual(
      ["attest", "client", "event-log", "registers", "store", "tpm", "trace"].map((name) => `./${name}`),
    );
    const own = scripts.map(([, path]) => `src/${path.replace(/js$/, "ts")}`);
    expect(own.sort()).toEqual([...PURE].sort());
  });

  it.each(scripts)("%s loads neither v86 nor a module of Node's", (_, entry) => {
    const modules = [...reachable(read, [entry])].filter((path) => path.endsWith(".js"));
    expect(modules.length).toBeGreaterThan(1);
    for (const path of modules) {
      expect(path).not.toMatch(/^(v86|node)\//);
      expect(read(path), path).not.toMatch(/(?:from|import\() ?"(?:v86|node:)/);
    }
  });
});
