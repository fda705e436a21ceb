/**
 * Before a command runs from a clone: is what it is built from newer than what is built? Looking costs little and changes nothing,
 * so that any user may run it, in a read-only tree too, and many at once. Only who has to build loads more.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Inputs } from "./build/inputs.mjs";
import { COMMAND_STEPS, outdated } from "./build/steps.mjs";
import { root } from "./root.mjs";

/** @returns {Promise<boolean>} false when there is nothing to run; it has been said why */
export async function ready() {
  if (whatIsOld().length === 0) return true;
  const { build, ReadOnlyError } = await import("./build.mjs");
  const { UserError } = await import("./setup.mjs");
  try {
    await build({ withPage: false });
    return true;
  } catch (error) {
    if (error instanceof ReadOnlyError && canRunAsItIs()) return true;
    console.error(error instanceof UserError ? `tabtpm: ${error.message}` : error);
    return false;
  }
}

function whatIsOld() {
  const inputs = new Inputs(root);
  const old = outdated(root, COMMAND_STEPS, inputs);
  inputs.save();
  return old;
}

/** @returns whether there is something to run; when it is old, that has been said */
function canRunAsItIs() {
  // Somebody else may have built it meanwhile.
  const old = whatIsOld();
  if (old.length === 0) return true;
  if (old.flatMap(({ outputs }) => outputs).some((output) => !existsSync(join(root, output)))) return false;
  console.error(
    `tabtpm: running what was built before its sources changed (${old.map(({ title }) => title).join(", ")}). ` +
      `To build it anew, run \`npm run build\` in ${root} as a user who can write there.`,
  );
  return true;
}
