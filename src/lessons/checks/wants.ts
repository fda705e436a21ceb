/** For checks that look for one thing among several: what each is asked for, and words about the one that came closest. */
import { type CheckResult, passed, wrong } from "../check.ts";

export interface Want<Of> {
  readonly holds: (candidate: Of) => boolean;
  /** What was seen and what was asked: "the key was created under the endorsement hierarchy; the owner hierarchy was asked". */
  readonly hint: (candidate: Of) => string;
}

/** @param candidates the latest last, at least one: it is told of the one that fulfils most, of several of them the latest */
export function anyFulfils<Of>(candidates: readonly Of[], wants: readonly Want<Of>[]): CheckResult {
  let best: { candidate: Of; failing: Want<Of>; held: number } | null = null;
  for (const candidate of candidates) {
    const failing = wants.filter((want) => !want.holds(candidate));
    const [first] = failing;
    if (first === undefined) return passed;
    const held = wants.length - failing.length;
    if (best === null || held >= best.held) best = { candidate, failing: first, held };
  }
  return wrong(sentence(best!.failing.hint(best!.candidate)));
}

export const sentence = (words: string): string => {
  const text = words.charAt(0).toUpperCase() + words.slice(1);
  return /[.?!]$/.test(text) ? text : `${text}.`;
};

/** "a", "a or b", "a, b or c" */
export const listed = (names: readonly string[], word: "or" | "and" = "or"): string =>
  names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;

export const times = (count: number): string => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);
