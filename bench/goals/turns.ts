/** Taking turns, and what the rounds say. A round has one turn of each; what is compared is compared within a round. */
import { mean, median, turnsOf } from "../crypto/interleave.ts";
import type { Sample } from "./tasks.ts";

/** The samples of a group, by who took them: one a round, in the order of the rounds. */
export type Rounds = ReadonlyMap<string, readonly Sample[]>;

/** @param takers in the order of their first round; it changes from round to round */
export async function takeTurns(
  takers: ReadonlyMap<string, () => Promise<Sample>>,
  rounds: number,
): Promise<Map<string, Sample[]>> {
  const all = [...takers].map(([name, turn]) => ({ name, turn, samples: [] as Sample[] }));
  for (let round = 0; round < rounds; round++) {
    for (const number of turnsOf(all.length, round)) {
      const one = all[number];
      one?.samples.push(await one.turn());
    }
  }
  return new Map(all.map(({ name, samples }) => [name, samples]));
}

const fieldOf = (samples: readonly Sample[], field: string) =>
  samples.map((sample) => sample[field]).filter((value): value is number => value !== undefined);

/** The median of the rounds, or their mean. @returns undefined where nobody of this name took turns, or without this field */
export function figureOf(rounds: Rounds, name: string, field: string, isMean = false): number | undefined {
  const values = fieldOf(rounds.get(name) ?? [], field);
  if (values.length === 0) return undefined;
  return isMean ? mean(values) : median(values);
}

/** How many times the second the first is: the median of the rounds' ratios, or the ratio of the means. */
export function ratioOf(
  rounds: Rounds,
  [name, field]: readonly [string, string],
  [other, otherField]: readonly [string, string],
  isMean = false,
): number | undefined {
  const [own, theirs] = [fieldOf(rounds.get(name) ?? [], field), fieldOf(rounds.get(other) ?? [], otherField)];
  if (own.length === 0 || own.length !== theirs.length) return undefined;
  if (isMean) return mean(own) / mean(theirs);
  return median(own.map((value, round) => value / (theirs[round] as number)));
}
