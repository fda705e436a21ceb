/**
 * Vitest's global setup: the tests run the WASM that was built, which may be older than its sources. Whoever runs `vitest` by
 * hand is told, before and after; `npm test` and `npm run dev` build first.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SOURCE_CORES } from "./build/cores.mjs";
import { Inputs } from "./build/inputs.mjs";
import { COMMAND_STEPS, outdated } from "./build/steps.mjs";
import { root } from "./root.mjs";

/**
 * @param {readonly string[]} names of steps
 * @returns {string | undefined} what is out of date, and what to do
 */
function staleness(names) {
  const inputs = new Inputs(root);
  const old = outdated(root, names, inputs);
  inputs.save();
  if (old.length === 0) return undefined;
  const titles = old.map(({ title }) => title).join(", ");
  return `${titles}: older than the sources. The tests try what was built before; \`npm run build\` builds it anew.`;
}

/** @param {import("vitest/node").TestProject} project the whole of them */
export default function setup(project) {
  if (!SOURCE_CORES.every((file) => existsSync(join(root, file)))) {
    throw new Error("The TPM core is not built yet: run `npm run build` first.");
  }
  // Those also start what is compiled; the others load the sources, and the core.
  const isIntegration = project.vitest.projects.some(({ name }) => name === "integration");
  const problem = staleness(isIntegration ? COMMAND_STEPS : ["core"]);
  if (problem === undefined) return undefined;
  const warn = () => console.warn(`\n\x1b[33mWARNING ${problem}\x1b[0m\n`);
  warn();
  // Again where it is seen: at the end.
  return warn;
}
