// `npm run soak -- NAME [options]`: runs that are too long for `npm test`, piece by piece. What was done is kept in
// test-results/soak/NAME.json, and the next time the run goes on behind it; what a piece that failed has said is beside it. Figures
// worth keeping go to docs/soak.md.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { build } from "./build.mjs";
import { readCommandLine, root, runCommand, UserError } from "./setup.mjs";
import { Progress } from "./soak/progress.mjs";
import { runs } from "./soak/runs.mjs";

const FOLDER = join(root, "test-results", "soak");
const LIST = Object.entries(runs).map(([name, { what }]) => `  ${name.padEnd(15)} ${what}`);
const USAGE = `usage: npm run soak -- NAME [options]
  --hours H       ends after the piece during which so many hours are over; without it by its last piece or by Ctrl-C
  --seed S        where the first piece begins (default 1)
  --rounds R      of tabs: so many kills, and then it ends
  --checkout DIR  for runs of other people's tests
  --restart       forgets what was done

${LIST.join("\n")}`;

function readOptions() {
  const options = {
    hours: { type: "string" },
    seed: { type: "string", default: "1" },
    rounds: { type: "string" },
    checkout: { type: "string" },
    restart: { type: "boolean", default: false },
  };
  const { values, positionals } = readCommandLine(USAGE, options, { allowPositionals: true });
  const [name, ...more] = positionals;
  if (name === undefined || more.length > 0 || !Object.hasOwn(runs, name)) throw new UserError(USAGE);
  const [hours, seed] = [Number(values.hours ?? Number.POSITIVE_INFINITY), Number(values.seed)];
  if (!(hours > 0)) throw new UserError(`--hours ${values.hours}: a number above 0 is needed.`);
  if (!Number.isInteger(seed) || seed < 0) throw new UserError(`--seed ${values.seed}: a whole number is needed.`);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && (!Number.isInteger(rounds) || rounds < 1))
    throw new UserError(`--rounds ${values.rounds}: a whole number above 0 is needed.`);
  return { ...values, name, hours, seed, rounds };
}

function requirePrograms(names) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const missing = names.filter((name) => !folders.some((folder) => existsSync(resolve(folder, name))));
  if (missing.length > 0) throw new UserError(`this run needs ${missing.join(", ")}, which is not installed here.`);
}

/** Shows what it says and keeps it. */
async function runPiece({ args, env }) {
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ]) {
    from.on("data", (bytes) => {
      text += bytes;
      to.write(bytes);
    });
  }
  const [code] = await once(child, "close");
  return { ok: code === 0, seconds: Math.round((performance.now() - start) / 1000), text };
}

await runCommand(async () => {
  const { name, hours, seed, rounds, checkout, restart } = readOptions();
  const run = runs[name];
  requirePrograms(run.needs);
  await build({ withPage: false });
  const progress = new Progress(join(FOLDER, `${name}.json`), { restart });
  const end = performance.now() + hours * 3_600_000;
  let isInterrupted = false;
  process.on("SIGINT", () => {
    isInterrupted = true;
  });
  for (const piece of run.pieces({ seed, rounds, checkout })) {
    if (progress.has(piece.name)) continue;
    if (isInterrupted || performance.now() > end) break;
    console.log(`soak: ${name}, ${piece.name} ...`);
    const { ok, seconds, text } = await runPiece(piece);
    // It was interrupted as well, and is done anew the next time.
    if (isInterrupted) break;
    progress.add({ name: piece.name, ok, seconds, said: text.trimEnd().split("\n").at(-1) ?? "" });
    if (ok) continue;
    const log = join(FOLDER, name, `${piece.name.replaceAll(" ", "-")}.log`);
    mkdirSync(join(FOLDER, name), { recursive: true });
    writeFileSync(log, text);
    console.log(`soak: ${name}, ${piece.name} FAILED; what it said is in ${log}`);
    if (run.endsAtFailure) break;
  }
  const { pieces, failed, hours: spent, first, last, begun } = progress.summary();
  console.log(
    `soak: ${name}: ${pieces} pieces (${first ?? "none"} ... ${last ?? "none"}) in ${spent.toFixed(1)} h since ${begun}, ` +
      `${failed.length === 0 ? "none failed" : `failed: ${failed.join(", ")}`}`,
  );
  if (failed.length > 0) process.exitCode = 1;
});
