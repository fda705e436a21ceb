#!/usr/bin/env node
// The `tabtpm` command. Committed and executable as it is, because npx does not find a bin that is yet to be built.
// In a clone it first sees to it that everything is built; in an installed package everything is.
import { existsSync } from "node:fs";
import { keepCompiled } from "./compileCache.mjs";
import { nodeProblem } from "./node.mjs";

const clone = new URL("../../../scripts/ready.mjs", import.meta.url);
const commands = new URL("../../../dist/commands/tabtpm.js", import.meta.url);
const problem = nodeProblem();
if (problem !== undefined) {
  console.error(`tabtpm: ${problem}`);
  process.exitCode = 1;
} else if (!existsSync(clone) || (await (await import(clone.href)).ready())) {
  keepCompiled();
  const { main } = await import(commands.href);
  await main(process.argv.slice(2));
} else {
  process.exitCode = 1;
}
