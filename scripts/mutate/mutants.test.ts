import { describe, expect, it } from "vitest";
import { applied, generator, type Mutant, placesOf, shuffledMutants } from "./mutants.ts";

const texts = (source: string) => placesOf(source).map(({ start, end }) => source.slice(start, end));

describe("places", () => {
  it("are operators, numbers and truth values", () => {
    expect(texts("export function f(a: u32): u32 { return (a + 1) << 3; }")).toEqual(["+", "1", "<<", "3"]);
    expect(texts("let a = true; a ||= !b; i++; --j; x >>>= 0xff;")).toEqual(["true", "!", "++", "--", ">>>=", "0xff"]);
  });

  it("are not types, imports, comments and reservations of memory", () => {
    expect(texts('import { a } from "./b1"; // 1 + 2')).toEqual([]);
    expect(texts("const area: usize = memory.data(112, 16);")).toEqual([]);
    expect(texts("load<u32>(at, 4)")).toEqual(["4"]);
    expect(texts("const x: Array<1 | 2> = y;")).toEqual([]);
  });

  it("take a table of numbers for one", () => {
    expect(texts("memory.data<u8>([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])")).toEqual(["6"]);
    expect(texts("memory.data<u8>([1, 2])")).toEqual(["1", "2"]);
  });
});

describe("mutants", () => {
  const sources = new Map([
    ["a.ts", "const a = 1 + 2 * 3;"],
    ["b.ts", "const b = x < 0x10 && !y;"],
  ]);
  const all = (seed: number): Mutant[] => [...shuffledMutants(sources, generator(seed))];

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
