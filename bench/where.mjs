// `npm run bench:where`: where the time of a signature, a new key, an answer over TCP, a commit and a boot goes: profiles, counts and runs that
// leave something out. Prints the tables and puts them into docs/where-the-time-goes.md, whose words are written by hand.
import { resolve } from "node:path";
import { build } from "../scripts/build.mjs";
import { readCommandLine, root, runCommand, UserError } from "../scripts/setup.mjs";
import { requireProc } from "./processes.mjs";

const USAGE = `usage: npm run bench:where -- [options]
  --only NAMES  only these parts, with commas
  --dry         writes nothing`;

await runCommand(async () => {
  const options = { only: { type: "string" }, dry: { type: "boolean", default: false } };
  const { only, dry } = readCommandLine(USAGE, options).values;
  requireProc();
  await build({ withPage: false });
  // What users have: the build, loaded by Node itself.
  const library = {
    ...(await import("../dist/node/index.js")),
    ...(await import("../dist/store/fileSystem.js")),
  };
  const { importModule } = await import("./importModule.mjs");
  const { partNames, print } = await importModule(root, resolve(root, "bench/where/main.ts"));
  const wanted = only?.split(",") ?? partNames;
  const wrong = wanted.find((name) => !partNames.includes(name));
  if (wrong !== undefined) throw new UserError(`--only ${wrong}: the parts are ${partNames.join(", ")}.`);
  await print({ library, wanted, dry });
  process.exit();
});
