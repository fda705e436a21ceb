// `npm run blobs`: writes what today's tabtpm keeps in its formats, for tests that later versions open it.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: npm run blobs -- NAME [--machines STATES]
Writes states, volatile states, encrypted files and the record in IndexedDB to src/engine/testdata/NAME. Needs \`npm run build\` before.
  --machines STATES  machines instead, to src/machine/testdata/NAME, with the TPM of src/engine/testdata/STATES`;

await runCommand(async () => {
  const { positionals, values } = readCommandLine(USAGE, { machines: { type: "string" } }, { allowPositionals: true });
  const [name = "", ...more] = positionals;
  if (!/^[\w.-]+$/.test(name) || more.length > 0) throw new UserError(USAGE);
  const { machines } = values;
  const folder = join(root, machines === undefined ? "src/engine/testdata" : "src/machine/testdata", name);
  if (existsSync(folder)) {
    throw new UserError(
      `${folder} is there already, and blobs that are checked in are not made again: choose another.`,
    );
  }
  const { createServer } = await import("vite");
  // Not runnerImport: what the stores load when it is needed comes later than that ends.
  const server = await createServer({
    configFile: false,
    logLevel: "warn",
    appType: "custom",
    optimizeDeps: { noDiscovery: true },
    server: { middlewareMode: true, watch: null, ws: false },
  });
  try {
    const load = (file) => server.ssrLoadModule(join(root, "scripts/blobs", file));
    const files =
      machines === undefined
        ? await (await load("make.ts")).makeBlobs(folder)
        : await (await load("machines.ts")).makeMachines(folder, join(root, "src/engine/testdata", machines));
    for (const file of files) console.log(file);
  } catch (error) {
    // Half a folder is of no use, and would be in the next one's way.
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await server.close();
  }
});
