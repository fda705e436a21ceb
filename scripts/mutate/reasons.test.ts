import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../root.mjs";
import { keysWithoutMutant, readReasons } from "./reasons.ts";

const read = (file: string) => (existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8") : null);

it("each reason is for a mutant that there is", () => {
  expect(keysWithoutMutant(readReasons(root), read)).toEqual([]);
});

it("is for none when the line, the change or the file is another", () => {
  const file = "src/tis/fifo.ts";
  const sources: Record<string, string> = { [file]: "if (a < b)\n  f(1);\n" };
  const keys = [
    `${file} | if (a < b) | < -> <=`,
    `${file} | f(1); | 1 -> 2`,
    `${file} | f(1); | f(1); -> (nothing)`,
    `${file} | if (a < b) | < -> ==`,
    `${file} | f(2); | 2 -> 3`,
    "src/tis/other.ts | f(1); | 1 -> 2",
    "src/tis/fifo.test.ts | f(1); | 1 -> 2",
  ];
  const reasons = Object.fromEntries(keys.map((key) => [key, "because"]));
  const text = (name: string) => (name === "src/tis/fifo.test.ts" ? "f(1);" : (sources[name] ?? null));
  expect(keysWithoutMutant(reasons, text)).toEqual(keys.slice(3));
});

it("kernels have mutants of values only, the rest of actions too", () => {
  const keyIn = (file: string) => ({ [`${file} | f(x); | f(x); -> (nothing)`]: "because" });
  const text = () => "f(x);";
  expect(keysWithoutMutant(keyIn("asm/crypto/aes.ts"), text)).toHaveLength(1);
  expect(keysWithoutMutant(keyIn("asm/tpm/dispatch.ts"), text)).toEqual([]);
});
