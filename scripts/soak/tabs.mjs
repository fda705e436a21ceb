// One run of `npm run soak -- tabs`: real Chromium, tabs that are killed while a TPM moves between them. Ends with 1 at the first failure.

import { join } from "node:path";
import { runnerImport } from "vite";
import { readCommandLine, root, runCommand, UserError } from "../setup.mjs";

const USAGE = `usage: node scripts/soak/tabs.mjs [--rounds R] [--seed S]
  --rounds R  kills (default 100)
  --seed S    of the schedule (default 1)`;
const EACH = 25;

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

await runCommand(async () => {
  const { values } = readCommandLine(USAGE, {
    rounds: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
  });
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
  if (!Number.isInteger(rounds) || rounds < 1) throw new UserError(`--rounds ${values.rounds}: a number is needed.`);
  if (!Number.isInteger(seed) || seed < 0) throw new UserError(`--seed ${values.seed}: a whole number is needed.`);
  // Node may be too old for TypeScript; Vite reads it.
  const { module } = await runnerImport(join(root, "scripts/soak/tabs/run.ts"), { configFile: false });
  const start = performance.now();
  const onRound = ({ rounds: done, acknowledged }) => {
    if (done % EACH !== 0) return;
    const each = (performance.now() - start) / 1000 / done;
    console.log(`${done} of ${rounds} kills, ${each.toFixed(2)} s each, ${acknowledged} commands acknowledged`);
  };
  let figures;
  try {
    figures = await module.runSoak({ seed, rounds, onRound });
  } catch (error) {
    console.error(error);
    throw new UserError(`seed ${seed}: it did not come to its end.`);
  }
  const { broken, ...rest } = figures;
  for (const what of broken) console.error(what);
  if (broken.length > 0) throw new UserError(`seed ${seed}: what must not be.`);
  console.log(`seed ${seed}: ${JSON.stringify(rest)}`);
});
