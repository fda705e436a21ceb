// Builds what is missing or out of date: TypeScript -> dist/, tables -> asm/generated, AssemblyScript -> WASM,
// commands -> dist/commands, page -> dist/web, <tab-tpm> -> dist/element. What it says goes to standard error.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Inputs } from "./build/inputs.mjs";
import { withLock } from "./build/lock.mjs";
import { runStep } from "./build/run.mjs";
import { COMMAND_STEPS, outdated, PACKAGE_STEPS, Stamps, steps } from "./build/steps.mjs";
import {
  areDependenciesInstalled,
  ensureDependencies,
  readCommandLine,
  root,
  runCommand,
  UserError,
} from "./setup.mjs";

const USAGE = `usage: npm run build -- [--without-page | --package]
  --without-page   the commands and the library
  --package        these and <tab-tpm>: what a package has`;

/** Error codes of a place that can't be written. */
const READ_ONLY = ["EACCES", "EPERM", "EROFS"];

/** Something is to be built, and this user can't. */
export class ReadOnlyError extends UserError {}

const say = (text) => console.error(`tabtpm: ${text}`);

/**
 * Installs what is needed, and brings dist/ up to date. Takes a lock only when there is something to do.
 * @param {{ withPage?: boolean, withElement?: boolean }} options page and element are for the browser: Node needs neither
 */
export async function build({ withPage = true, withElement = withPage } = {}) {
  const wanted = new Set([...COMMAND_STEPS, ...(withElement ? PACKAGE_STEPS : []), ...(withPage ? ["page"] : [])]);
  const names = steps.map(({ name }) => name).filter((name) => wanted.has(name));
  const inputs = new Inputs(root);
  const isFresh = areDependenciesInstalled() && outdated(root, names, inputs).length === 0;
  inputs.save();
  if (isFresh) return;
  const onWait = (holder) =>
    say(`${holder ? `process ${holder.pid}` : "another process"} is building; waiting for it ...`);
  try {
    await withLock(join(root, "dist", ".building"), () => buildSteps(names), { onWait });
  } catch (error) {
    if (!READ_ONLY.includes(error.code)) throw error;
    throw new ReadOnlyError(
      `not everything is built, and here it can't be (${error.message}). ` +
        `Run \`npm run build\` in ${root} as a user who can write there.`,
      { cause: error },
    );
  }
}

async function buildSteps(names) {
  await ensureDependencies();
  const inputs = new Inputs(root);
  const stamps = new Stamps(root);
  for (const step of steps.filter(({ name }) => names.includes(name))) {
    inputs.lookAgain();
    if (stamps.isFresh(step, inputs)) continue;
    const hash = inputs.hashOf(step.name, step.inputs);
    const start = performance.now();
    say(`building ${step.title} ...`);
    stamps.remove(step);
    if (!(await runStep(step.name))) throw new UserError(`building ${step.title} failed; its messages are above.`);
    stamps.set(step, hash);
    say(`built ${step.title} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }
  inputs.save();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runCommand(() => {
    const { values } = readCommandLine(USAGE, { "without-page": { type: "boolean" }, package: { type: "boolean" } });
    return build({ withPage: !values["without-page"] && !values.package, withElement: !values["without-page"] });
  });
}
