// `npm run mutate`: changes operators and constants of the kernels one at a time and sees whether a test fails; writes
// docs/mutation.md. May be cancelled at any time: it works on copies.
//   --count N    mutants (default 200)
//   --seed S     which (default 1)
//   --jobs N     at a time (default 1); each takes about a core and a half
//   --resume     goes on where the last run ended (its verdicts are in test-results/), and tries its survivors again
//   --only TEXT  only files whose path contains TEXT; writes nothing
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureDependencies, root, runCommand, UserError } from "./setup.mjs";

function wholeNumber(option, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UserError(`--${option} ${text}: a whole number above 0 is needed.`);
  }
  return value;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: "string", default: "200" },
      seed: { type: "string", default: "1" },
      jobs: { type: "string", default: "1" },
      only: { type: "string" },
      resume: { type: "boolean", default: false },
    },
  });
  return {
    root,
    count: wholeNumber("count", values.count),
    seed: wholeNumber("seed", values.seed),
    jobs: wholeNumber("jobs", values.jobs),
    resume: values.resume,
    ...(values.only && { only: values.only }),
  };
}

await runCommand(async () => {
  const options = readOptions();
  await ensureDependencies();
  const { runnerImport } = await import("vite");
  const { module } = await runnerImport(join(root, "scripts/mutate/main.ts"), { configFile: false, logLevel: "warn" });
  await module.mutate(options);
});
