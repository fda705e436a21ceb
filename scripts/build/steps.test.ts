import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { root as repository } from "../root.mjs";
import { CORE_FILES, SOURCE_CORES } from "./cores.mjs";
import { filesOf, Inputs } from "./inputs.mjs";
import { COMMAND_STEPS, outdated, Stamps, steps } from "./steps.mjs";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "tabtpm-steps-"));
  mkdirSync(join(root, "dist"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content = ""): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

const names = steps.map(({ name }) => name);
const old = (which = names) => outdated(root, which, new Inputs(root)).map(({ name }) => name);

/** As a builder does it. */
function buildAll(which = names): void {
  const stamps = new Stamps(root);
  for (const step of steps.filter(({ name }) => which.includes(name))) {
    const inputs = new Inputs(root);
    if (stamps.isFresh(step, inputs)) continue;
    stamps.remove(step);
    for (const output of step.outputs) write(output, step.name);
    stamps.set(step, inputs.hashOf(step.name, step.inputs));
  }
}

describe("what is out of date", () => {
  it("is everything in a fresh clone, and nothing once it is built", () => {
    expect(old()).toEqual(names);
    buildAll();
    expect(old()).toEqual([]);
  });

  it.each([
    ["src/tis/device.ts", ["library", "commands", "page", "element"]],
    ["src/spec/types.ts", ["library", "core", "commands", "page", "element"]],
    ["asm/index.ts", ["core"]],
    ["web/main.tsx", ["page", "element"]],
    ["web/lessons/pcrs.md", ["page", "element"]],
    ["scripts/lessons/parse.ts", ["page", "element"]],
    ["scripts/build/bundle.mjs", ["commands"]],
    ["package-lock.json", names],
    ["src/tis/device.test.ts", []],
    ["src/tis/testkit/registers.ts", []],
    ["asm/testkit/harness.ts", []],
    ["asm/generated/commands.ts", []],
    ["docs/architecture.md", []],
  ])("after a change to %s: %j", (path, expected) => {
    buildAll();
    write(path, "changed");
    expect(old()).toEqual(expected);
  });

  it("is a step one of whose outputs is gone", () => {
    buildAll();
    for (const core of CORE_FILES) {
      rmSync(join(root, core));
      expect(old(COMMAND_STEPS)).toEqual(["core"]);
      write(core, "core");
    }
    rmSync(join(root, "dist/engine/tabtpm.wasm"));
    rmSync(join(root, "node_modules/v86/package.json"));
    expect(old(COMMAND_STEPS)).toEqual(["core", "commands"]);
  });

  it.each(SOURCE_CORES)("is the page after %s was compiled to something else", (core) => {
    buildAll();
    write(core, "another");
    expect(old()).toEqual(["page", "element"]);
  });

  it("is a step that began and did not end, and what was built on its outputs", () => {
    buildAll();
    const [library] = steps;
    new Stamps(root).remove(library!);
    expect(old()).toEqual(["library", "commands"]);
  });

  it("is everything when the stamps are damaged", () => {
    buildAll();
    writeFileSync(join(root, "dist/.stamps.json"), "{");
    expect(old()).toEqual(names);
  });
});

/** Built by another step, and by `npm run docs`, which nobody has to run. */
const BUILT = [...SOURCE_CORES, "dist/docs"];

it("every input is in the repository, but for what is built", () => {
  const inputs = [...new Set(steps.flatMap((step) => step.inputs))];
  expect(inputs).toEqual(expect.arrayContaining(BUILT));
  for (const input of inputs) if (!BUILT.includes(input)) expect(filesOf(repository, input), input).not.toEqual([]);
});

it("what tsconfig.build.json leaves out is no input", () => {
  const { exclude } = JSON.parse(readFileSync(join(repository, "tsconfig.build.json"), "utf8"));
  expect(exclude).toEqual(["src/**/*.test.ts", "src/**/testkit/**"]);
});
