/**
 * The verdicts of a run, kept so that one that was cut short goes on, and so that after new tests only the survivors are
 * tried again.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Mutant } from "./mutants.ts";

export interface Verdict {
  /** The first test that failed; undefined = the mutant survived. */
  killedBy?: string;
  /** Of CPU time. */
  seconds: number;
}

/** "same" = no change of the program, "broken" = none at all. */
export type Judgement = Verdict | "same" | "broken";

/** Names a mutant as long as its file stays the same. */
const nameOf = ({ file, start, before, after }: Mutant) => `${file} ${start} ${before} ${after}`;

export class Results {
  readonly #file: string;
  readonly #verdicts: Map<string, Judgement>;

  /** @param resume takes what an earlier run left in `file`; else they are forgotten. */
  constructor(file: string, resume: boolean) {
    this.#file = file;
    this.#verdicts = new Map(resume && existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []);
  }

  /** Of a mutant that need not be tried again: what survived may be killed by the tests that are there now. */
  settled(mutant: Mutant): Judgement | undefined {
    const verdict = this.#verdicts.get(nameOf(mutant));
    return typeof verdict === "object" && verdict.killedBy === undefined ? undefined : verdict;
  }

  add(mutant: Mutant, verdict: Judgement): void {
    this.#verdicts.set(nameOf(mutant), verdict);
    mkdirSync(dirname(this.#file), { recursive: true });
    writeFileSync(this.#file, JSON.stringify([...this.#verdicts]));
  }
}
