// Builds what is missing or out of date: TypeScript -> dist/, tables -> asm/generated, AssemblyScript -> WASM, page -> dist/web.
// Each step has a stamp: the hash of everything it reads. Only Node's built-ins, because it imports nothing that is built.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureDependencies, root, run, runCommand, UserError } from "./setup.mjs";

const stampFile = join(root, "dist", ".stamps.json");
const lockDirectory = join(root, "node_modules", ".tabtpm-build-lock");

function* filesBelow(path) {
  if (!existsSync(path)) return;
  if (statSync(path).isFile()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* filesBelow(join(path, name));
}

function hashOf(paths, accept) {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of filesBelow(join(root, path))) {
      if (!accept(file)) continue;
      hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
    }
  }
  return hash.digest("hex");
}

/** What a build reads: neither tests nor their helpers. */
const isSource = (file) => !/\.test\.ts$|\.wasm$/.test(file) && !isTestkit(relative(root, file));
const isTestkit = (path) => /^asm[\\/]testkit[\\/]|^(src|web)[\\/].*[\\/]testing[\\/]/.test(path);
const node = (script, ...args) => run(process.execPath, [join(root, script), ...args]);

const steps = [
  {
    name: "library (tsc)",
    inputs: ["src", "tsconfig.json", "tsconfig.build.json", "package-lock.json"],
    output: "dist/spec/generate/main.js",
    run: () => node("node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"),
  },
  {
    name: "TPM core (asc)",
    inputs: ["asm", "src/spec", "asconfig.json", "package-lock.json"],
    accept: (file) => isSource(file) && !file.includes("generated"),
    output: "dist/engine/tabtpm.wasm",
    run: async () => {
      const code = await node("dist/spec/generate/main.js", root);
      if (code !== 0) return code;
      mkdirSync(join(root, "dist", "engine"), { recursive: true });
      const wasm = "dist/engine/tabtpm.wasm";
      const compiled = await node("node_modules/assemblyscript/bin/asc.js", "asm/index.ts", "-o", wasm);
      if (compiled === 0) copyFileSync(join(root, wasm), join(root, "src/engine/tabtpm.wasm"));
      return compiled;
    },
  },
  {
    name: "page (vite)",
    wasmOnly: false,
    inputs: [
      "index.html",
      "web",
      "src",
      "asm",
      "guest/images",
      "guest/manifest.json",
      "vite.config.ts",
      "package-lock.json",
    ],
    accept: (file) => isSource(file) && !file.includes("generated"),
    output: "dist/web/index.html",
    run: () => node("node_modules/vite/bin/vite.js", "build", "--logLevel", "warn"),
  },
];

/** Two builds at once would mix their outputs: the second waits for the first. A dead builder's lock is removed. */
async function withLock(body) {
  const owner = join(lockDirectory, "pid");
  for (let told = false; ; ) {
    try {
      mkdirSync(lockDirectory);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isAlive(owner)) {
      rmSync(lockDirectory, { recursive: true, force: true });
      continue;
    }
    if (!told) console.log("tabtpm: another build is running; waiting for it ...");
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  writeFileSync(owner, String(process.pid));
  try {
    return await body();
  } finally {
    rmSync(lockDirectory, { recursive: true, force: true });
  }
}

function isAlive(owner) {
  try {
    process.kill(Number(readFileSync(owner, "utf8")), 0);
    return true;
  } catch (error) {
    // No pid file yet: the other builder has just made the folder. An old folder without one was left by a crash.
    if (error.code === "ENOENT")
      return existsSync(lockDirectory) && Date.now() - statSync(lockDirectory).mtimeMs < 2000;
    return error.code === "EPERM";
  }
}

/**
 * Brings dist/ up to date.
 * @param {{ wasmOnly?: boolean }} options `wasmOnly` leaves the page out (Node needs none).
 */
export async function build({ wasmOnly = false } = {}) {
  await withLock(async () => {
    const stamps = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, "utf8")) : {};
    for (const step of steps) {
      if (wasmOnly && step.wasmOnly === false) continue;
      const hash = hashOf(step.inputs, step.accept ?? isSource);
      if (stamps[step.name] === hash && existsSync(join(root, step.output))) continue;
      const start = performance.now();
      console.log(`tabtpm: building ${step.name} ...`);
      const code = await step.run();
      if (code !== 0) throw new UserError(`building ${step.name} failed; its messages are above.`);
      console.log(`tabtpm: built ${step.name} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
      stamps[step.name] = hash;
      mkdirSync(join(root, "dist"), { recursive: true });
      writeFileSync(stampFile, JSON.stringify(stamps, null, 2));
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runCommand(async () => {
    await ensureDependencies();
    await build({ wasmOnly: process.argv.includes("--wasm") });
  });
}
