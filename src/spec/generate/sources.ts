/** Finds what is compiled into the WASM and written by hand: asm without what is generated, tests and their helpers. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Source {
  /** Relative to the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** @param root the repository. @returns in a stable order. */
export function sources(root: string): Source[] {
  return readdirSync(join(root, "asm"), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !/^(generated|testkit)\//.test(name))
    .sort()
    .map((name) => ({ path: `asm/${name}`, text: readFileSync(join(root, "asm", name), "utf8") }));
}
