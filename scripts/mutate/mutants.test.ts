import { describe, expect, it } from "vitest";
import { applied, generator, type Mutant, shuffledMutants } from "./mutants.ts";
import { valuesOf } from "./places.ts";

describe("mutants", () => {
  const sources = new Map([
    ["a.ts", "const a = 1 + 2 * 3;"],
    ["b.ts", "const b = x < 0x10 && !y;"],
  ]);
  const all = (seed: number): Mutant[] => [...shuffledMutants(sources, valuesOf, Math.sqrt, generator(seed))];

  it("are each place once, and differ from the source there alone", () => {
    const mutants = all(1);
    expect(mutants).toHaveLength(9);
    expect(new Set(mutants.map(({ file, start }) => `${file}:${start}`)).size).toBe(9);
    for (const mutant of mutants) {
      const source = sources.get(mutant.file) as string;
      const changed = applied(source, mutant);
      expect(changed).not.toBe(source);
      expect(changed.slice(0, mutant.start)).toBe(source.slice(0, mutant.start));
      expect(changed.endsWith(source.slice(mutant.end))).toBe(true);
    }
  });

  it("come in an order that the seed decides", () => {
    expect(all(7)).toEqual(all(7));
    expect(all(7)).not.toEqual(all(8));
  });
});
