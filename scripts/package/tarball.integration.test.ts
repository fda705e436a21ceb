/** What is in the package, and what tools that know packages say of it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../setup.mjs";
import { type Packed, pack } from "./testkit/installed.ts";
import { output, run } from "./testkit/processes.ts";

let packed: Packed;
let paths: string[];
beforeAll(async () => {
  packed = await pack();
  paths = packed.files.map(({ path }) => path);
});
afterAll(() => packed.remove());

const text = (path: string) => readFileSync(join(root, path), "utf8");
const tool = (script: string, ...args: string[]) =>
  run(process.execPath, [join(root, "node_modules", script), ...args]);

it("has the entry points, the commands, and none of what only the build or a command has modules for", () => {
  const { exports, bin } = JSON.parse(text("package.json"));
  const leaves = (place: unknown): string[] =>
    typeof place === "string" ? [place] : Object.values(Object(place)).flatMap(leaves);
  const named = leaves(exports).filter((path) => !path.includes("*"));
  for (const path of [...named, `./${bin.tabtpm}`]) expect(paths).toContain(posix.normalize(path));
  expect(paths).toEqual(
    expect.arrayContaining([
      ...["dist/engine/tabtpm.wasm", "dist/engine/tabtpm-relaxed.wasm"],
      ...["dist/engine/worker.js", "dist/engine/workerNode.js"],
    ]),
  );
  const launcher = posix.dirname(bin.tabtpm);
  expect(paths.filter((path) => path.endsWith(".mjs"))).toEqual([
    `${launcher}/compileCache.mjs`,
    `${launcher}/node.mjs`,
    `${launcher}/receiveDescriptor.mjs`,
    bin.tabtpm,
  ]);
  const below = (folder: string) => paths.filter((path) => path.startsWith(`dist/${folder}/`) && path.endsWith(".js"));
  const hostFolder = ["errors", "index", "names", "node", "place"].map((name) => `dist/node/hostFolder/${name}.js`);
  const entries = ["store", "tpm"].map((name) => `dist/node/entries/${name}.js`);
  expect(below("node")).toEqual(["dist/node/diskFile.js", ...entries, ...hostFolder, "dist/node/index.js"]);
  for (const folder of ["spec/generate", "spec/coverage", "web"]) expect(below(folder), folder).toEqual([]);
  const commands = below("commands").map((path) => posix.basename(path, ".js"));
  expect(commands).toEqual([
    ...[
      "attest",
      "boot",
      "bridge",
      "captureFile",
      "commandLog",
      "fleet",
      "history",
      "importSwtpm",
      "info",
      "inspect",
      "installSwtpm",
      "ioctl",
      "print",
      "provision",
      "simulator",
      "socket",
      "socketServer",
      "startupError",
      "tabtpm",
      "verify",
    ],
  ]);
});

it("has neither tests nor sources nor a recipe nor maps, and nothing twice", () => {
  const unwanted =
    /\.test\.|(?<!\.d)\.tsx?$|\.map$|\/(testdata|testkit|recipe|stub)\/|^(src(?!\/node\/bin\/)|asm|scripts|web|bench|e2e|docs)\//;
  expect(paths.filter((path) => unwanted.test(path))).toEqual([]);
  for (const path of paths) if (path.endsWith(".js")) expect(text(path), path).not.toContain("sourceMappingURL");
  const large = packed.files.filter(({ size }) => size > 4096).map(({ path }) => path);
  const hash = (path: string) =>
    createHash("sha256")
      .update(readFileSync(join(root, path)))
      .digest("hex");
  // The licence of this project is that of others too, and the element's folder is copied as a whole.
  const twice = ["LICENSE", "dist/element/tabtpm.wasm", "dist/element/tabtpm-relaxed.wasm"];
  expect(new Set(large.map(hash)).size).toBe(large.filter((path) => !twice.includes(path)).length);
});

it("has the guest with its licences, and the licences of what its bundles have in them", () => {
  const { images } = JSON.parse(text("guest/manifest.json"));
  for (const { file } of Object.values<{ file: string }>(images)) expect(paths).toContain(`guest/images/${file}`);
  expect(paths).toEqual(expect.arrayContaining(["LICENSE", "NOTICE", "README.md", "guest/licenses/GPL-2.txt"]));
  for (const path of paths.filter((name) => name.startsWith("dist/commands/") && name.endsWith(".js"))) {
    const others = [...text(path).matchAll(/^\/\/#? ?(?:region )?node_modules\/((?:@[^/]+\/)?[^/]+)/gm)].map(
      ([, name]) => name,
    );
    const notices = path.replace(/\.js$/, ".licenses.md");
    if (others.length === 0) expect(paths).not.toContain(notices);
    for (const name of new Set(others)) expect(text(notices)).toContain(`## ${name} - `);
  }
  expect(text("dist/commands/provision.licenses.md")).toContain("## @peculiar/x509 - ");
  for (const name of ["curves", "hashes"])
    expect(text("dist/commands/verify.licenses.md")).toContain(`## @noble/${name} - `);
});

it("takes at most 12 MB packed, and 22 unpacked", () => {
  expect(packed.size).toBeLessThan(12_000_000);
  expect(packed.unpackedSize).toBeLessThan(22_000_000);
});

it("has <tab-tpm> with all that it loads beside it, its licences, and at most 340 kB of script with gzip", () => {
  const files = paths
    .filter((path) => path.startsWith("dist/element/"))
    .map((path) => path.slice("dist/element/".length));
  const script = text("dist/element/tab-tpm.js");
  const beside = ["tab-tpm-worker.js", "tabtpm.wasm", "tabtpm-relaxed.wasm", "v86.wasm"];
  for (const name of beside) expect(script).toContain(`new URL(\`${name}\`,import.meta.url)`);
  // One module: what else there is it imports when it is needed, and no style sheet lies beside it.
  expect(script).not.toMatch(/\bimport\s*["'{*]/);
  // Followed, not listed: how its parts are cut and called is the bundler's.
  const loaded = new Set(["tab-tpm.js", "tab-tpm-worker.js"]);
  for (const path of loaded)
    for (const [, name = ""] of text(`dist/element/${path}`).matchAll(/(?:from|import\()\s*["'`](\.[^"'`]+)["'`]/g))
      loaded.add(posix.normalize(posix.join(posix.dirname(path), name)));
  expect(files.toSorted()).toEqual([...new Set([...loaded, ...beside]), "licenses.md", "tab-tpm.d.ts"].toSorted());
  for (const part of [/^lessons\/lesson-/, /^tab-tpm-lessonPart/, /^tab-tpm-demoPart/, /^tab-tpm-de\.js/])
    expect([...loaded].filter((path) => part.test(path))).not.toEqual([]);
  for (const name of ["v86", "@xterm/xterm", "preact"])
    expect(text("dist/element/licenses.md")).toContain(`## ${name} - `);
  const bytes = gzipSync(script).length;
  expect(bytes).toBeGreaterThan(100_000);
  expect(bytes).toBeLessThan(340_000);
});

it("each command is one module: it loads Node's own, boot v86, and servers what is asked for once they listen", () => {
  const asked = ["startupError", "commandLog", "info", "print", "captureFile"].map((name) => `./${name}.js`);
  const others: Record<string, string[]> = {
    "boot.js": ["v86", "./captureFile.js"],
    "fleet.js": ["./startupError.js", "./commandLog.js", "./info.js", "pg"],
    "print.js": ["./info.js"],
    "simulator.js": ["./captureFile.js"],
    "socket.js": ["./socketServer.js"],
    "socketServer.js": asked,
  };
  for (const path of paths.filter((name) => /^dist\/commands\/(?!tabtpm).*\.js$/.test(name))) {
    // Packed: statements follow each other in one line. What is imported by name comes before all else.
    const loads = [
      ...text(path).matchAll(/(?:^|;)import\b(?!\()[^"';()]*?["']([^"']+)["']|\bimport\(["'`]([^"'`]+)["'`]\)/gm),
    ].map(([, a, b]) => a ?? b ?? "");
    expect(
      loads.filter((name) => !name.startsWith("node:")),
      path,
    ).toEqual(others[posix.basename(path)] ?? []);
  }
});

it("is what publint wants", async () => {
  expect(await tool("publint/src/cli.js", packed.tarball, "--strict")).toMatchObject({ code: 0 });
});

it("has types that resolve as its modules do", async () => {
  // For ES modules only: there is no CommonJS copy, which would be a second TPM engine in one process; Node 20.19 can
  // require() these.
  const { code, stdout } = await tool("@arethetypeswrong/cli/dist/index.js", packed.tarball, "--profile", "esm-only");
  expect(code, stdout).toBe(0);
});

it("packs the same when npm runs what comes before packing", async () => {
  const { scripts, bin } = JSON.parse(text("package.json"));
  expect(scripts.prepack).toBe("node scripts/build.mjs --package");
  const said = await run(process.execPath, [join(root, "scripts/build.mjs"), "--package"]);
  // Up to date, and silent where npm prints JSON.
  expect(said).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(dirname(packed.tarball)).toBe(packed.folder);
  expect(await output("tar", ["-tzf", packed.tarball])).toContain(`package/${bin.tabtpm}`);
});
