/** Mutants: one change at one place of one source, in an order that a seed decides. */
import type { Place } from "./places.ts";

export interface Mutant {
  file: string;
  /** From 1. */
  line: number;
  start: number;
  end: number;
  before: string;
  after: string;
}

/** Numbers in 0 .. 1 from a seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * All mutants of the sources in random order, each place once.
 * @param sources texts by file
 * @param placesOf the places of a text
 * @param weightOf how often a file comes up, from the number of its places
 * @param random numbers in 0 .. 1
 */
export function* shuffledMutants(
  sources: ReadonlyMap<string, string>,
  placesOf: (source: string) => Place[],
  weightOf: (places: number) => number,
  random: () => number,
): Generator<Mutant> {
  const below = (limit: number) => Math.floor(random() * limit);
  const rest = [...sources].map(([file, source]) => {
    const places = placesOf(source);
    return { file, source, places, weight: weightOf(places.length) };
  });
  for (;;) {
    const open = rest.filter(({ places }) => places.length > 0);
    let at = random() * open.reduce((sum, { weight }) => sum + weight, 0);
    const chosen =
      open.find(({ weight }) => {
        at -= weight;
        return at < 0;
      }) ?? open.at(-1);
    if (!chosen) return;
    const [place] = chosen.places.splice(below(chosen.places.length), 1) as [Place];
    const { replacements } = place;
    yield mutantAt(chosen.file, chosen.source, place, replacements[below(replacements.length)] as string);
  }
}

function mutantAt(file: string, source: string, { start, end }: Place, after: string): Mutant {
  const line = source.slice(0, start).split("\n").length;
  return { file, line, start, end, before: source.slice(start, end), after };
}

/** Every mutant of a source that there can be. */
export function mutantsOf(file: string, source: string, places: readonly Place[]): Mutant[] {
  return places.flatMap((place) => place.replacements.map((after) => mutantAt(file, source, place, after)));
}

/** The line that a mutant changes, as it was. */
export function lineOf(source: string, { line }: Mutant): string {
  return source.split("\n")[line - 1]?.trim() ?? "";
}

export function applied(source: string, { start, end, after }: Mutant): string {
  return source.slice(0, start) + after + source.slice(end);
}
