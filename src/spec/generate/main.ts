/** `node dist/spec/generate/main.js [repository]`: writes asm/generated; files that did not change are left alone. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { layout, placeLayout } from "../layout/place.ts";
import { limitsOf } from "../limits.ts";
import { generate } from "./generate.ts";
import { findHandlers } from "./handlers.ts";
import { generateLayout } from "./layout.ts";
import { generatePermanentBlob } from "./permanentBlob.ts";
import { readSources, wordsOf } from "./sources.ts";

const root = process.argv[2] ?? process.cwd();
const folder = join(root, "asm", "generated");
/** What code written by hand unmarshals: the inside of TPM2B_PRIVATE and TPM2B_TEMPLATE, and entries of the NV store. */
const alsoTypes = ["TPMT_SENSITIVE", "TPMT_PUBLIC", "TPMS_DERIVE"];

const sources = readSources(root);
const words = wordsOf(sources.values());
const placed = placeLayout(layout, limitsOf("full"));
const layoutFiles = generateLayout(placed, (name) => words.has(name), sources);
layoutFiles.set("layout/permanentBlob.ts", generatePermanentBlob(placed, limitsOf("full")));
const codeFiles = generate({
  alsoTypes,
  handlers: findHandlers(root),
  sources: [...sources.values(), ...layoutFiles.values()],
});
const files = new Map([...layoutFiles, ...codeFiles].map(([name, text]) => [join(folder, name), text]));

mkdirSync(folder, { recursive: true });
for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath, entry.name);
  if (entry.isFile() && !files.has(path)) rmSync(path);
}
for (const [path, text] of files) {
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
