// A process that is one checkout of tabtpm: `child.mjs CLONE`. It measures what bench/goals/checkout.ts asks it for, when it is asked.
import { createCipheriv, createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { importModule } from "../importModule.mjs";

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
const here = fileURLToPath(new URL("../..", import.meta.url));
const { serve } = await importModule(here, join(here, "bench/goals/child.ts"));
serve({ library, rowsOf: (file) => importModule(clone, join(clone, "bench/crypto", `${file}.ts`)) });
