/** The fingerprint of how the core lays out its volatile state: a saved one can be resumed only by the same layout. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Everything that decides where something volatile lies and what its bytes mean. */
const FILES = [
  "tpm/algorithms/hash.ts",
  "tpm/authorization/session.ts",
  "tpm/nv/nvOrderly.ts",
  "tpm/objects/object.ts",
  "tpm/objects/publicArea.ts",
  "tpm/platform/act.ts",
  "tpm/power/volatile.ts",
  "tpm/state/entries.ts",
  "tpm/state/state.ts",
];
/** States of hashes and MACs in progress. */
const CRYPTO_FILES = /^(algorithms|hash|hmac|cmac|modes|sha\w+|sm3)\.ts$/;

/**
 * @param limits the text of asm/generated/limits.ts.
 * @returns asm/generated/layout.ts. Comments don't count.
 */
export function layout(root: string, limits: string): string {
  const hash = createHash("sha256").update(withoutComments(limits)).update("\0");
  for (const file of layoutFiles(root)) {
    const text = readFileSync(join(root, "asm", file), "utf8");
    hash.update(file).update("\0").update(withoutComments(text)).update("\0");
  }
  return `export const LAYOUT: u64 = 0x${hash.digest("hex").slice(0, 16)};\n`;
}

function layoutFiles(root: string): string[] {
  const hashes = readdirSync(join(root, "asm", "crypto")).filter((name) => CRYPTO_FILES.test(name));
  return [...FILES, ...hashes.sort().map((name) => `crypto/${name}`)];
}

const withoutComments = (text: string) =>
  text
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/\s+/g, " ");
