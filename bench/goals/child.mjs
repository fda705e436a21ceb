// A process that is one checkout of tabtpm: `child.mjs CLONE`. It measures what bench/goals/checkout.ts asks it for, when it is asked.
import { createCipheriv, createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runnerImport } from "vite";

const clone = process.argv[2];
// What a TPM takes for chance is the same for all of them, so that they have the same keys to make.
const key = createHash("sha256").update("bench:goals").digest();
const chance = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
globalThis.crypto.getRandomValues = (view) => {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  bytes.set(chance.update(Buffer.alloc(bytes.length)));
  return view;
};
// What users have: the build, loaded by Node itself. What Vite's runner loads reaches its imports more slowly.
const library = await import(pathToFileURL(join(clone, "dist/node/index.js")).href);
const importFrom = async (file) => {
  const { module } = await runnerImport(file, { root: dirname(file), configFile: false, logLevel: "warn" });
  return module;
};
const { serve } = await importFrom(join(dirname(fileURLToPath(import.meta.url)), "child.ts"));
serve({ library, rowsOf: (file) => importFrom(join(clone, "bench/crypto", `${file}.ts`)) });
