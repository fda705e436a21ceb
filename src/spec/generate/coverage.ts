/** `node dist/spec/generate/coverage.js [repository] [--check]`: writes docs/coverage.md, or says that it is out of date. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { collectCoverage } from "../coverage/collect.ts";
import { printCoverage } from "../coverage/print.ts";

const args = process.argv.slice(2);
const root = args.find((arg) => !arg.startsWith("--")) ?? process.cwd();
const path = join(root, "docs", "coverage.md");
const page = printCoverage(collectCoverage(root));
const isCurrent = existsSync(path) && readFileSync(path, "utf8") === page;

if (!args.includes("--check")) {
  if (!isCurrent) writeFileSync(path, page);
} else if (!isCurrent) {
  console.error("docs/coverage.md is out of date: run `node dist/spec/generate/coverage.js`.");
  process.exitCode = 1;
}
