/** `node dist/spec/generate/main.js [repository]`: writes asm/generated; files that did not change are left alone. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generate } from "./generate.ts";
import { findHandlers } from "./handlers.ts";
import { layout } from "./layout.ts";
import { sources } from "./sources.ts";

const root = process.argv[2] ?? process.cwd();
const folder = join(root, "asm", "generated");
/** What code written by hand unmarshals: the inside of TPM2B_PRIVATE and TPM2B_TEMPLATE, and entries of the NV store. */
const alsoTypes = ["TPMT_SENSITIVE", "TPMT_PUBLIC", "TPMS_DERIVE"];
const files = generate({
  alsoTypes,
  handlers: findHandlers(root),
  sources: sources(root).map(({ text }) => text),
});
files.set("layout.ts", layout(root, files.get("limits.ts") ?? ""));

mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name));
for (const [name, text] of files) {
  const path = join(folder, name);
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
