// `npm run blobs -- NAME`: writes what today's tabtpm keeps in its formats (state, volatile state, encrypted files, the
// record in IndexedDB) to src/engine/testdata/NAME, for tests that later versions open it. Needs `npm run build` before.
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const name = process.argv[2] ?? "";
const folder = join(root, "src/engine/testdata", name);

if (!/^[\w.-]+$/.test(name) || process.argv.length !== 3) {
  console.error("Say what the folder is to be called: npm run blobs -- NAME");
  process.exitCode = 2;
} else if (existsSync(folder)) {
  console.error(`${folder} is there already, and blobs that are checked in are not made again: choose another name.`);
  process.exitCode = 2;
} else {
  const { module } = await runnerImport(join(root, "scripts/blobs/make.ts"), { configFile: false, logLevel: "warn" });
  try {
    for (const file of await module.makeBlobs(folder)) console.log(file);
  } catch (error) {
    // Half a folder is of no use, and would be in the next one's way.
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}
