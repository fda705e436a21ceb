// `npm run mutate`: changes sources one place at a time and sees whether a test fails; writes the section of the area into
// docs/mutation.md. May be cancelled at any time: it works on copies.
import { join } from "node:path";
import { build } from "./build.mjs";
import { ensureDependencies, readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: npm run mutate -- [options]
  --area NAME  crypto (default), tpm (asm/base, asm/tpm, asm/commands), src (src/tis, src/store, src/engine, src/node)
               or machine (src/boot, src/firmware/description, the guest's clock and hold in src/v86)
  --count N    mutants (default 200)
  --seed S     which (default 1)
  --jobs N     at a time (default 1); each takes about a core and a half
  --resume     goes on where the last run ended (its verdicts are in test-results/), and tries its survivors again
  --only TEXT  only files whose path contains TEXT; writes nothing`;

function wholeNumber(option, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UserError(`--${option} ${text}: a whole number above 0 is needed.`);
  }
  return value;
}

const AREAS = ["crypto", "tpm", "src", "machine"];

function areaOf(text) {
  if (AREAS.includes(text)) return text;
  throw new UserError(`--area ${text}: there are ${AREAS.join(", ")}.`);
}

function readOptions() {
  const { values } = readCommandLine(USAGE, {
    area: { type: "string", default: "crypto" },
    count: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: "1" },
    only: { type: "string" },
    resume: { type: "boolean", default: false },
  });
  return {
    root,
    area: areaOf(values.area),
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
  // The kernels need nothing that is generated or built.
  if (options.area !== "crypto") await build({ withPage: false });
  const { runnerImport } = await import("vite");
  const { module } = await runnerImport(join(root, "scripts/mutate/main.ts"), { configFile: false, logLevel: "warn" });
  await module.mutate(options);
});
