// `npm run blobs`: writes what today's tabtpm keeps in its formats, for tests that later versions open it.
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: npm run blobs -- NAME
Writes states, volatile states, encrypted files and the record in IndexedDB to src/engine/testdata/NAME. Needs \`npm run build\` before.`;

await runCommand(async () => {
  const [name = "", ...more] = readCommandLine(USAGE, {}, { allowPositionals: true }).positionals;
  if (!/^[\w.-]+$/.test(name) || more.length > 0) throw new UserError(USAGE);
  const folder = join(root, "src/engine/testdata", name);
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
    const module = await server.ssrLoadModule(join(root, "scripts/blobs/make.ts"));
    for (const file of await module.makeBlobs(folder)) console.log(file);
  } catch (error) {
    // Half a folder is of no use, and would be in the next one's way.
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await server.close();
  }
});
