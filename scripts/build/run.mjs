/** How each step is done: by the tools in node_modules, each in a process of its own. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { root, run } from "../setup.mjs";
import { CORES } from "./cores.mjs";
import { writeIgnoreFile } from "./reachable.mjs";

/** @returns {Promise<boolean>} whether it succeeded; if not, it has said why */
export async function runStep(name) {
  return await runs[name]();
}

// Nothing is read from standard input: it belongs to the command that is about to run. Standard output too.
const node = async (script, ...args) =>
  (await run(process.execPath, [join(root, script), ...args], { stdio: ["ignore", 2, 2] })) === 0;

/** What the declarations say of a module need not be in the module too: the package has a size to keep. */
async function removeComments() {
  // Who builds nothing does without: a clone's commands look here first whether there is anything to do.
  const { minifySync } = await import("vite");
  const dist = join(root, "dist");
  const settings = { module: true, compress: false, mangle: false, codegen: { removeWhitespace: false } };
  for (const name of readdirSync(dist, { recursive: true })) {
    if (!name.endsWith(".js") || NOT_OF_THE_LIBRARY.has(name.split(sep)[0])) continue;
    const { code, errors } = minifySync(name, readFileSync(join(dist, name), "utf8"), settings);
    if (errors.length > 0) throw new Error(`dist/${name}: ${errors[0].message}`);
    writeFileSync(join(dist, name), code);
  }
}
const runs = {
  async library() {
    if (!(await node("node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"))) return false;
    removeOrphans();
    await removeComments();
    writeIgnoreFile(join(root, "dist"));
    return true;
  },

  async core() {
    if (!(await node("dist/spec/generate/main.js", root))) return false;
    mkdirSync(join(root, "dist", "engine"), { recursive: true });
    const built = await Promise.all(
      CORES.map(({ file, options }) =>
        node("node_modules/assemblyscript/bin/asc.js", "asm/index.ts", "-o", `dist/engine/${file}`, ...options),
      ),
    );
    if (!built.every(Boolean)) return false;
    // For what runs from the sources: the tests and the page.
    for (const { file } of CORES) copyFileSync(join(root, "dist/engine", file), join(root, "src/engine", file));
    return true;
  },

  commands: () => node("scripts/build/bundle.mjs"),
  page: () => node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"),
  element: () => node("scripts/build/element.mjs"),
};

/** In dist/, but not of src/. */
const NOT_OF_THE_LIBRARY = new Set(["web", "commands", "element", "docs"]);

/** What was compiled from a source that is gone: the compiler leaves it, and it would be packed. */
function removeOrphans(folder = "") {
  for (const entry of readdirSync(join(root, "dist", folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!NOT_OF_THE_LIBRARY.has(path) && !entry.name.startsWith(".")) removeOrphans(path);
      continue;
    }
    const source = join(root, "src", path.replace(/(\.d\.ts|\.js)$/, ""));
    if (path.endsWith(".wasm") || path.startsWith(".")) continue;
    if (!["", ".ts", ".tsx"].some((ending) => existsSync(source + ending))) rmSync(join(root, "dist", path));
  }
}
