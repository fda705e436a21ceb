#!/usr/bin/env node
// The `tabtpm` command. Committed and executable as it is, because npx does not find a bin that is yet to be built.
import { build } from "../../scripts/build.mjs";
import { ensureDependencies, runCommand } from "../../scripts/setup.mjs";

await runCommand(async () => {
  await ensureDependencies();
  await build({ wasmOnly: true });
  const { main } = await import("../../dist/node/cli.js");
  await main(process.argv.slice(2));
});
