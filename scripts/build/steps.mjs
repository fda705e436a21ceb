/**
 * What is built, in this order. Each step has a stamp, the hash of everything it reads, and is left out while that is the same.
 * Only Node's built-ins here and in what this imports: it runs before anything is installed.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CORE_FILES, SOURCE_CORES } from "./cores.mjs";
import { readJson, replaceFile } from "./inputs.mjs";

/**
 * @typedef {object} Step
 * @property {string} name of its stamp
 * @property {string} title what the user is told
 * @property {readonly string[]} inputs files, and folders of which the sources count
 * @property {readonly string[]} outputs built again when one is missing
 * @property {readonly string[]} spoils steps whose outputs are no good any more once this one has run
 */

/** @type {readonly Step[]} */
export const steps = [
  {
    name: "library",
    title: "library (tsc)",
    inputs: [
      ...["src", "tsconfig.json", "tsconfig.build.json", "scripts/build/reachable.mjs", "scripts/build/run.mjs"],
      "package-lock.json",
    ],
    outputs: ["dist/index.js", "dist/node/index.js", "dist/spec/generate/main.js", "dist/.npmignore"],
    spoils: ["commands"],
  },
  {
    name: "core",
    title: "TPM core (asc)",
    inputs: ["asm", "src/spec", "asconfig.json", "scripts/build/cores.mjs", "package-lock.json"],
    outputs: CORE_FILES,
    spoils: [],
  },
  {
    name: "commands",
    title: "commands (vite)",
    // package.json says which modules are there for their side effects.
    inputs: ["src", "scripts/build/bundle.mjs", "package.json", "package-lock.json"],
    // `boot` takes v86 from there: without it everything is to be installed.
    outputs: ["dist/commands/tabtpm.js", "node_modules/v86/package.json"],
    spoils: [],
  },
  {
    name: "page",
    title: "page (vite)",
    inputs: [
      ...["index.html", "bridge.html", "web", "src", ...SOURCE_CORES, "vite.config.ts", "scripts/page"],
      ...["scripts/lessons", "scripts/build/withoutNodeModules.mjs"],
      ...["guest/images", "guest/manifest.json", "guest/licenses", "package.json", "package-lock.json"],
      // Of `npm run docs`, where somebody has run it.
      "dist/docs",
    ],
    outputs: ["dist/web/index.html", "dist/web/bridge.html"],
    spoils: [],
  },
  {
    name: "element",
    title: "element (vite)",
    inputs: [
      ...["web", "src", ...SOURCE_CORES, "scripts/build/element.mjs", "scripts/build/withoutNodeModules.mjs"],
      ...["scripts/lessons", "package.json", "package-lock.json"],
    ],
    outputs: ["dist/element/tab-tpm.js", "dist/element/tab-tpm-worker.js", "dist/element/tab-tpm.d.ts"],
    spoils: [],
  },
];

/** What `tabtpm` and the library need: the page and the element are for the browser. */
export const COMMAND_STEPS = ["library", "core", "commands"];
/** What a package has. */
export const PACKAGE_STEPS = [...COMMAND_STEPS, "element"];

export class Stamps {
  #root;
  #file;

  /** @param {string} root */
  constructor(root) {
    this.#root = root;
    this.#file = join(root, "dist", ".stamps.json");
  }

  /**
   * @param {Step} step
   * @param {import("./inputs.mjs").Inputs} inputs
   */
  isFresh({ name, inputs: paths, outputs }, inputs) {
    const stamp = readJson(this.#file)[name];
    return stamp === inputs.hashOf(name, paths) && outputs.every((output) => existsSync(join(this.#root, output)));
  }

  /** To be called when the step begins: what it leaves behind when it fails is nothing to rely on. */
  remove({ name, spoils }) {
    const stamps = readJson(this.#file);
    for (const gone of [name, ...spoils]) delete stamps[gone];
    replaceFile(this.#file, JSON.stringify(stamps));
  }

  /**
   * @param {Step} step
   * @param {string} hash of its inputs as they were before it began
   */
  set({ name }, hash) {
    replaceFile(this.#file, JSON.stringify({ ...readJson(this.#file), [name]: hash }));
  }
}

/**
 * @param {string} root
 * @param {readonly string[]} names of steps
 * @param {import("./inputs.mjs").Inputs} inputs
 * @returns {Step[]} those whose outputs are missing or older than what they are made of
 */
export function outdated(root, names, inputs) {
  const stamps = new Stamps(root);
  return steps.filter((step) => names.includes(step.name) && !stamps.isFresh(step, inputs));
}
