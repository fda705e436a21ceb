// `npm run bench:goals`: what was to become faster, with its goals, beside Debian's swtpm where it is installed and another checkout where
// one is given, in one interleaved run; writes docs/benchmarks-goals.md.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "../scripts/build.mjs";
import { readCommandLine, root, runCommand, UserError } from "../scripts/setup.mjs";
import { requireProc } from "./processes.mjs";

const USAGE = `usage: npm run bench:goals -- [options]
  --rounds N     rounds of each (default 25)
  --keys N       RSA keys of each kind (default 60)
  --boots N      boots of the guest (default 3)
  --only NAMES   only these groups, with commas; writes no page
  --against DIR  another checkout in the same run
  --json FILE    everything that was measured`;

function readOptions() {
  const text = (value) => ({ type: "string", ...(value && { default: value }) });
  const options = {
    rounds: text("25"),
    keys: text("60"),
    boots: text("3"),
    only: text(),
    against: text(),
    json: text(),
  };
  const { only, against, json, ...numbers } = readCommandLine(USAGE, options).values;
  const counts = Object.entries(numbers).map(([name, value]) => {
    const count = Number(value);
    if (!Number.isInteger(count) || count < 1) throw new UserError(`--${name} ${value}: a whole number above 0.`);
    return [name, count];
  });
  return {
    ...Object.fromEntries(counts),
    ...(only && { only: only.split(",") }),
    ...(against && { against: resolve(against) }),
    ...(json && { json: resolve(json) }),
  };
}

/** With what the other checkout builds itself with. */
async function buildOther(folder) {
  const { href } = pathToFileURL(resolve(folder, "scripts/build.mjs"));
  try {
    await (await import(href)).build({ withPage: false });
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new UserError(`--against ${folder}: that is no checkout of tabtpm.`);
  }
}

await runCommand(async () => {
  const options = readOptions();
  requireProc();
  await build({ withPage: false });
  if (options.against) await buildOther(options.against);
  const { importModule } = await import("./importModule.mjs");
  const { bench, groupNames: names } = await importModule(root, resolve(root, "bench/goals/main.ts"));
  const wrong = options.only?.find((name) => !names.includes(name));
  if (wrong !== undefined) throw new UserError(`--only ${wrong}: the groups are ${names.join(", ")}.`);
  await bench(options);
  process.exit();
});
