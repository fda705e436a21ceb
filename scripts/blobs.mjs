// `npm run blobs`: writes what today's tabtpm keeps in its formats, for tests that later versions open it.
import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readCommandLine, root, runCommand, UserError } from "./setup.mjs";

const USAGE = `usage: npm run blobs -- NAME [--machines STATES | --records STATES]
       npm run blobs -- --version3
Writes states, volatile states, encrypted files and the record in IndexedDB to src/engine/testdata/NAME. Needs \`npm run build\` before.
  --machines STATES  machines instead, to src/machine/testdata/NAME, with the TPM of src/engine/testdata/STATES
  --records STATES   rows of a fleet, what a bridge and its guest say first, and a move in progress, to src/testdata/NAME;
                     needs PostgreSQL and its pg_dump
  --version3         damaged copies of the permanent state in src/libtpms/testdata`;

await runCommand(async () => {
  const { positionals, values } = readCommandLine(
    USAGE,
    { machines: { type: "string" }, records: { type: "string" }, version3: { type: "boolean" } },
    { allowPositionals: true },
  );
  const [name = "", ...more] = positionals;
  const { machines, records, version3 = false } = values;
  const kinds = [machines, records, version3 || undefined].filter((each) => each !== undefined);
  if (kinds.length > 1 || more.length > 0 || version3 === /^[\w.-]+$/.test(name)) throw new UserError(USAGE);
  const place = version3
    ? "src/libtpms/testdata/damaged"
    : `src/${machines !== undefined ? "machine/" : records !== undefined ? "" : "engine/"}testdata/${name}`;
  const folder = join(root, place);
  if (existsSync(folder)) {
    throw new UserError(
      `${folder} is there already, and blobs that are checked in are not made again${version3 ? "" : ": choose another"}.`,
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
  const statesOf = (states) => join(root, "src/engine/testdata", states);
  try {
    const load = (file) => server.ssrLoadModule(join(root, "scripts/blobs", file));
    const files = version3
      ? await (await load("version3.ts")).damageVersion3(dirname(folder))
      : machines !== undefined
        ? await (await load("machines.ts")).makeMachines(folder, statesOf(machines))
        : records !== undefined
          ? await (await load("records.ts")).makeRecords(folder, statesOf(records))
          : await (await load("make.ts")).makeBlobs(folder);
    for (const file of files) console.log(file);
  } catch (error) {
    // Half a folder is of no use, and would be in the next one's way.
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    await server.close();
  }
});
