/** Finds what is compiled into the WASM and written by hand: asm without what is generated, tests and their helpers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * @param root the repository.
 * @returns texts by their paths relative to the repository, with slashes, in a stable order.
 */
export function readSources(root: string): Map<string, string> {
  const names = readdirSync(join(root, "asm"), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(generated|testkit)\//.test(name))
    .sort();
  return new Map(names.map((name) => [`asm/${name}`, readFileSync(join(root, "asm", name), "utf8")]));
}

/** Everything in the texts that may be a name. */
export function wordsOf(texts: Iterable<string>): Set<string> {
  return new Set([...texts].flatMap((text) => text.match(/\w+/g) ?? []));
}
