// `npm run bench:crypto`: every operation of the crypto engine beside node:crypto, noble and BigInt, in one interleaved
// run; writes docs/benchmarks.md.
import { join } from "node:path";
import { ensureDependencies, readCommandLine, root, runCommand, UserError } from "../scripts/setup.mjs";

const USAGE = `usage: npm run bench:crypto -- [options]
  --rounds N    rounds of each operation (default 31)
  --only TEXT   only operations whose name contains TEXT; writes nothing
  --samples N   keys of each size in key generation`;

function wholeNumber(option, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) {
    throw new UserError(`--${option} ${text}: a whole number above 0 is needed.`);
  }
  return value;
}

function readOptions() {
  const { values } = readCommandLine(USAGE, {
    rounds: { type: "string", default: "31" },
    only: { type: "string" },
    samples: { type: "string" },
  });
  return {
    rounds: wholeNumber("rounds", values.rounds),
    ...(values.only && { only: values.only }),
    ...(values.samples && { samples: wholeNumber("samples", values.samples) }),
  };
}

await runCommand(async () => {
  const options = readOptions();
  await ensureDependencies();
  const { importModule } = await import("./importModule.mjs");
  const { bench } = await importModule(root, join(root, "bench/crypto/main.ts"));
  await bench(options);
  process.exit();
});
