// `npm run bench:tpm`: each command in process and over TCP, beside Debian's swtpm where it is installed, in one interleaved run;
// writes docs/benchmarks-tpm.md.
//   --rounds N    rounds of each command (default 31)
//   --only TEXT   only commands whose name contains TEXT; writes nothing
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "../src/node/build.mjs";
import { ensureDependencies, root, runCommand, UserError } from "../src/node/setup.mjs";

function readOptions() {
  const { values } = parseArgs({ options: { rounds: { type: "string", default: "31" }, only: { type: "string" } } });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new UserError(`--rounds ${values.rounds}: a whole number above 0.`);
  return { rounds, ...(values.only && { only: values.only }) };
}

await runCommand(async () => {
  const options = readOptions();
  await ensureDependencies();
  await build();
  const { runnerImport } = await import("vite");
  const { module } = await runnerImport(join(root, "bench/tpm/main.ts"), { configFile: false, logLevel: "warn" });
  await module.bench(options);
  process.exit();
});
