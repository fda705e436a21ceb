/** Why survivors survive: survivors.json, by {@link keyOf}. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AREAS } from "./areas/index.ts";
import { lineOf, mutantsOf } from "./mutants.ts";
import { keyOf } from "./report.ts";

export type Reasons = Readonly<Record<string, string>>;

export function readReasons(root: string): Reasons {
  return JSON.parse(readFileSync(join(root, "scripts", "mutate", "survivors.json"), "utf8"));
}

/**
 * The keys of which there is no mutant any more: the line has changed, or gone to another file.
 * @param read the text of a file; null where there is none
 */
export function keysWithoutMutant(reasons: Reasons, read: (file: string) => string | null): string[] {
  const keysOf = new Map<string, ReadonlySet<string>>();
  return Object.keys(reasons).filter((key) => {
    const [file = ""] = key.split(" | ");
    const keys = keysOf.get(file) ?? keysIn(file, read(file));
    keysOf.set(file, keys);
    return !keys.has(key);
  });
}

function keysIn(file: string, source: string | null): ReadonlySet<string> {
  const area = Object.values(AREAS).find(
    ({ folders, isChanged }) => folders.some((folder) => file.startsWith(`${folder}/`)) && isChanged(file),
  );
  if (source === null || area === undefined) return new Set();
  const mutants = mutantsOf(file, source, area.placesOf(source));
  return new Set(mutants.map((mutant) => keyOf({ mutant, text: lineOf(source, mutant) })));
}
