// Commits to a file, for who counts their system calls: `node commits.mjs CLONE FOLDER SIZE COUNT`.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , clone, dir, size, count] = process.argv;
const { FileStore } = await import(pathToFileURL(join(clone, "dist/node/index.js")).href);
const blob = randomBytes(Number(size));
const store = new FileStore({ dir });
await store.open();
for (let i = 0; i < Number(count); i++) {
  blob[0] = i;
  await store.commit(blob);
}
await store.close();
