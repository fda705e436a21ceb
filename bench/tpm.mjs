// `npm run bench:tpm`: each command in process and over TCP, beside Debian's swtpm where it is installed, in one interleaved run;
// writes docs/benchmarks-tpm.md.
import { join } from "node:path";
import { build } from "../scripts/build.mjs";
import { readCommandLine, root, runCommand, UserError } from "../scripts/setup.mjs";

const USAGE = `usage: npm run bench:tpm -- [options]
  --rounds N    rounds of each command (default 25)
  --only TEXT   only commands whose name contains TEXT; writes nothing
  --alone       only the TPM in this process; writes nothing`;

function readOptions() {
  const options = {
    rounds: { type: "string", default: "25" },
    only: { type: "string" },
    alone: { type: "boolean", default: false },
  };
  const { rounds: text, only, alone } = readCommandLine(USAGE, options).values;
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1) throw new UserError(`--rounds ${text}: a whole number above 0.`);
  return { rounds, alone, ...(only && { only }) };
}

await runCommand(async () => {
  const options = readOptions();
  await build();
  // What users have: the build, loaded by Node itself. What Vite's runner loads reaches its imports more slowly.
  const { createTpm } = await import("../dist/node/index.js");
  const { importModule } = await import("./importModule.mjs");
  const { bench } = await importModule(root, join(root, "bench/tpm/main.ts"));
  await bench({ ...options, createTpm });
  process.exit();
});
