// `npm run fuzz`: streams of commands by a grammar, and arbitrary octets, for the TPM core in process.
import { join } from "node:path";
import { build } from "./build.mjs";
import { readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: npm run fuzz -- [--minutes N] [--seed S]
Stops at what must not be, and says how to see it again. Ctrl-C ends it.
  --minutes N   how long (default 1)
  --seed S      where it begins; without it where the clock says`;

function readOptions() {
  const { values } = readCommandLine(USAGE, { minutes: { type: "string", default: "1" }, seed: { type: "string" } });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) throw new UserError(`--minutes ${values.minutes}: a number above 0 is needed.`);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0) throw new UserError(`--seed ${values.seed}: a whole number is needed.`);
  return { minutes, seed };
}

await runCommand(async () => {
  const options = readOptions();
  await build({ withPage: false });
  const { runnerImport } = await import("vite");
  const main = join(root, "asm/testkit/fuzz/main.ts");
  const { module } = await runnerImport(main, { configFile: false, logLevel: "warn" });
  console.log(`fuzzing from seed ${options.seed} ...`);
  if (!(await module.fuzz(options))) process.exitCode = 1;
});
